<?php
// Roundcube of the Valbocage joinery; the defaults are in defaults.inc.php.
$config = [];

// Its own database: addresses, settings, sessions.
include_once '/etc/roundcube/debian-db-roundcube.php';

// The company's mail server, by the name in its certificate.
$config['imap_host'] = 'ssl://mail.valbocage.internal:993';
$config['smtp_host'] = 'tls://mail.valbocage.internal:587';
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';
$config['mail_domain'] = 'valbocage.internal';

$config['product_name'] = 'Menuiserie Valbocage';
$config['support_url'] = '';
$config['des_key'] = 'copeaux-de-chene-et-pin!';
$config['language'] = 'fr_FR';
$config['plugins'] = [];
$config['log_driver'] = 'syslog';
$config['auto_create_user'] = true;
// Logins that may fail in a minute before the page keeps a person out: a breakdown makes them fail as well.
$config['login_rate_limit'] = 100;
