#!/bin/sh
# week.sh FOLDERS: makes the shared folders, the repository, and the backups of five days; documents that were worked on
# are another version each day.
set -eu
documents=$1 shares=/srv/partages depot=/srv/depots/srv1
install -d "$shares" /srv/depots
cp -R "$documents/." "$shares"

# The hall is sold seat by seat: the reservations of the evening.
awk 'BEGIN { for (row = 1; row <= 14; row++) for (seat = 1; seat <= 22; seat++)
  if ((row * 31 + seat * seat * 7) % 5 < 3) printf "%s;%d;%04d\n", substr("ABCDEFGHIJKLMN", row, 1), seat, 2000 + row * 37 + seat }' \
  >"$shares/billetterie/reservations.csv"
for service in billetterie regie administration; do
  chown -R "root:$service" "$shares/$service"
  chmod 2770 "$shares/$service"
  find "$shares/$service" -type f -exec chmod 660 {} +
done
find "$shares" -exec touch --date '2026-11-27 18:40' {} +

export BORG_PASSCOMMAND='cat /etc/sauvegarde/phrase' BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=no
borg init --encryption=keyfile-blake2 "$depot"

# day, line of the cue sheet, card, amount
backup() {
  work=$(mktemp -d)
  cp -a "$shares/." "$work"
  sed -i "s/^3 .*/3     entrée de la mère                         $2/" "$work/regie/conduite-lumiere.txt"
  sed -i "s/^0126;.*/$3/" "$work/billetterie/abonnes.csv"
  sed -i "s/^Prix de cession : .* euros/Prix de cession : $4 euros/" "$work/administration/contrat-tournee.txt"
  find "$work" -exec touch --date "2026-11-$1 18:40" {} +
  rm -rf "$shares.ce-jour"
  mv "$shares" "$shares.ce-jour"
  mv "$work" "$shares"
  chmod 755 "$shares"
  borg create --timestamp "2026-11-$1T01:30:00" "$depot::srv1-2026-11-$1" "$shares"
  rm -rf "$shares"
  mv "$shares.ce-jour" "$shares"
}

backup 23 'face à 60 %' '0126;Diarra, Mamadou;découverte;2' '8 900,00'
backup 24 'contre bleu à 30 %, face à 40 %' '0126;Diarra, Mamadou;six spectacles;2' '9 200,00'
backup 25 'contre bleu à 40 %, face à 20 %' '0126;Diarra, Mamadou;six spectacles;2' '9 200,00'
backup 26 'contre bleu à 45 %, face à 20 %' '0126;Diarra, Mamadou;six spectacles;3' '9 840,00'
borg create --timestamp 2026-11-27T18:45:00 "$depot::srv1-2026-11-27" "$shares"
borg list "$depot"
