#!/bin/sh
# Makes the backups of five days in October; documents that were worked on are another version each day.
set -eu
shares=/srv/partages backups=/srv/sauvegardes
install -d -m 700 "$backups"
keep=$(mktemp -d)
cp -a "$shares/." "$keep"

# day, text: a line of the workshop's plan as it was that day
plan() {
  printf 'Semaine 44 (version du %s)\n%s\n' "$1" "$2" >"$shares/atelier/planning-semaine-44.txt"
  chown 0:10013 "$shares/atelier/planning-semaine-44.txt"
  chmod 660 "$shares/atelier/planning-semaine-44.txt"
  touch -d "2026-10-$1 17:10" "$shares/atelier/planning-semaine-44.txt"
  mkdir "$backups/2026-10-$1"
  rsync --archive "$shares/" "$backups/2026-10-$1/"
}

plan 26 'Escalier Saint-Aubin : débit lundi, taille mardi.'
plan 27 'Escalier Saint-Aubin : débit lundi, taille mercredi (scie en panne).'
plan 28 'Escalier Saint-Aubin : taille mercredi, pose jeudi.'
plan 29 'Escalier Saint-Aubin : pose jeudi et vendredi.'
plan 30 'Escalier Saint-Aubin : pose terminée vendredi.'
ln -s 2026-10-30 "$backups/courante"
rsync --archive --delete "$keep/" "$shares/"
rm -r "$keep"
