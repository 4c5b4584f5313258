#!/bin/sh
# Fills the mailboxes with earlier mail: letters of suppliers and colleagues, some read, some answered.
set -eu
root=/var/vmail
domain=valbocage.internal

# file, sender, recipient, date, subject, number, text
letter() {
  {
    printf 'Return-Path: <%s>\n' "$2"
    printf 'From: %s\nTo: %s\nDate: %s\nSubject: %s\nMessage-ID: <archive-%s@%s>\n' "$2" "$3" "$4" "$5" "$6" "$domain"
    printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n' "$7"
  } >"$1"
  touch -d "$4" "$1"
}

# owner, folder, flags, then as above without the file
keep() {
  owner=$1 folder=$2 flags=$3
  shift 3
  place=$root/$owner/Maildir
  [ "$folder" = INBOX ] || place=$place/.$folder
  mkdir -p "$place/cur" "$place/new" "$place/tmp"
  letter "$place/tmp/letter" "$@"
  mv "$place/tmp/letter" "$place/cur/$(date -d "$3" +%s).$5,S=$(stat -c %s "$place/tmp/letter"):2,$flags"
}

for person in afaure croux kbenali snguyen tgarnier mlebreton; do
  me=$person@$domain
  keep "$person" INBOX S p.delmas@scierie-delmas.example "$me" '3 Aug 2026 08:12:00 +0200' \
    'Plateaux de chene, arrivage' "$person-1" 'Les plateaux sont secs, nous pouvons livrer des lundi.'
  keep "$person" INBOX S afaure@$domain "$me" '24 Aug 2026 17:40:00 +0200' \
    'Reunion de rentree' "$person-2" 'Rendez-vous mardi a huit heures, a cote de la scie a panneaux.'
  keep "$person" INBOX S tgarnier@$domain "$me" '7 Sep 2026 10:05:00 +0200' \
    'Gabarit de la cage Morvan' "$person-3" 'Le gabarit est pret, il manque les cotes du limon.'
  keep "$person" INBOX '' comptabilite@scierie-delmas.example "$me" '21 Sep 2026 09:30:00 +0200' \
    'Facture 2026-0917' "$person-4" 'Veuillez trouver notre facture du mois.'
  keep "$person" Sent S "$me" p.delmas@scierie-delmas.example '4 Aug 2026 09:00:00 +0200' \
    'Re: Plateaux de chene, arrivage' "$person-5" 'Lundi convient. Merci de livrer avant dix heures.'
done
