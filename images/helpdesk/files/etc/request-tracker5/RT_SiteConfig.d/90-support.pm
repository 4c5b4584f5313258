# The Valbocage joinery's service desk, see /usr/share/request-tracker5/etc/RT_Config.pm for every setting.
# After a change: "systemctl restart rt5-fcgi".
use utf8;

Set($rtname, 'valbocage');
Set($Organization, 'valbocage.internal');
Set($CorrespondAddress, 'support@valbocage.internal');
Set($CommentAddress, 'support-interne@valbocage.internal');
Set($OwnerEmail, 'postmaster@valbocage.internal');
Set($Timezone, 'Europe/Paris');

# The page, behind nginx.
Set($WebDomain, 'helpdesk.valbocage.internal');
Set($WebPort, 443);
Set($WebBaseURL, 'https://helpdesk.valbocage.internal');
Set($WebPath, '');
Set($WebSecureCookies, 1);

# French and English, and no other of RT's forty languages: each takes memory.
Set(@LexiconLanguages, qw(fr en));
Set($DateDayBeforeMonth, 1);
Set(%GnuPG, Enable => 0);
Set(%SMIME, Enable => 0);
Set(%FullTextSearch, Enable => 0);
Set($EnableRSS, 0);
Set($EnableICal, 0);
Set($PreferRichText, 1);
Set($ShowHistory, 'always');

# People are told in the name of the desk, and an agent's own acts as well.
Set($UseFriendlyFromLine, 1);
Set($FriendlyFromLineFormat, '"%s (support)" <%s>');
Set($NotifyActor, 0);

# The contract's priorities, and how long each may take: by the clock, day and night.
Set(%PriorityAsString, Default => ['P4' => 20, 'P3' => 40, 'P2' => 60, 'P1' => 80]);
Set(%ServiceAgreements,
    Default => 'P4',
    Levels => {
        'P1' => { Resolve => { RealMinutes => 4 * 60 } },
        'P2' => { Resolve => { RealMinutes => 8 * 60 } },
        'P3' => { Resolve => { RealMinutes => 24 * 60 } },
        'P4' => { Resolve => { RealMinutes => 72 * 60 } },
    },
);

# Who somebody is, and whether the password is right, the company's directory says.
Set($ExternalAuthPriority, ['annuaire']);
Set($ExternalInfoPriority, ['annuaire']);
Set($AutoCreateNonExternalUsers, 1);
Set($ExternalSettings, {
    'annuaire' => {
        'type' => 'ldap',
        'server' => 'ldap1.valbocage.internal',
        'base' => 'ou=people,dc=valbocage,dc=internal',
        'filter' => '(objectClass=inetOrgPerson)',
        'tls' => { verify => 'require', cafile => '/etc/ssl/certs/ca-certificates.crt' },
        'net_ldap_args' => [version => 3, timeout => 10],
        'attr_match_list' => ['Name', 'EmailAddress'],
        'attr_map' => { 'Name' => 'uid', 'EmailAddress' => 'mail', 'RealName' => 'cn' },
    },
});
1;
