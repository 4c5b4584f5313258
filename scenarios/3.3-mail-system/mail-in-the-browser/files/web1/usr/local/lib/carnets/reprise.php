<?php
// Takes the address books over from the former webmail, once: who has which customers and suppliers.
$customers = [
    'snguyen' => [
        ['Ébénisterie', 'Morvan', 'atelier@ebenisterie-morvan.example'],
        ['Agence', 'Kerbrat Architectes', 'projets@kerbrat-architectes.example'],
    ],
    'tgarnier' => [
        ['Quincaillerie', 'Le Goff', 'commandes@quincaillerie-legoff.example'],
        ['Mairie', 'de Saint-Aubin', 'technique@mairie-saint-aubin.example'],
    ],
    'mlebreton' => [
        ['Affûtage', 'Diallo', 'contact@affutage-diallo.example'],
        ['Vernis', 'Okonkwo', 'service@vernis-okonkwo.example'],
    ],
];
$supplier = ['Pierre', 'Delmas', 'p.delmas@scierie-delmas.example'];
$then = '2026-03-02 08:30:00';
$database = new PDO('sqlite:/var/lib/dbconfig-common/sqlite3/roundcube/roundcube');
$database->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$database->beginTransaction();
foreach ($customers as $login => $people) {
    $database->prepare('INSERT INTO users (username, mail_host, created, language) VALUES (?, ?, ?, ?)')
        ->execute([$login, 'mail.valbocage.internal', $then, 'fr_FR']);
    $user = $database->lastInsertId();
    $database->prepare('INSERT INTO identities (user_id, changed, standard, name, email) VALUES (?, ?, 1, ?, ?)')
        ->execute([$user, $then, $login, "$login@valbocage.internal"]);
    foreach ([$supplier, ...$people] as [$first, $last, $address]) {
        $card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:$last;$first;;;\r\nFN:$first $last\r\nEMAIL;TYPE=INTERNET:$address\r\nEND:VCARD";
        $database->prepare('INSERT INTO contacts (user_id, changed, name, email, firstname, surname, vcard, words)
                            VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
            ->execute([$user, $then, "$first $last", $address, $first, $last, $card, mb_strtolower(" $first $last $address ")]);
    }
}
$database->commit();
unlink(__FILE__);
