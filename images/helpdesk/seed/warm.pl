# Opens the pages that an agent opens first, so that Mason keeps them compiled. The database is put back afterwards.
use strict;
use warnings;
use HTTP::Request::Common;
use HTTP::Message::PSGI;

my $app = do '/usr/share/request-tracker5/libexec/rt-server' or die "rt-server: " . ($@ || $!);
my $site = 'https://helpdesk.valbocage.internal';
my $cookie = '';

sub ask {
    my ($request) = @_;
    $request->header(Cookie => $cookie, Referer => "$site/", 'Accept-Language' => 'fr');
    my $answer = HTTP::Response->from_psgi($app->($request->to_psgi));
    ($cookie) = $answer->header('Set-Cookie') =~ /^([^;]+)/ if $answer->header('Set-Cookie');
    printf "%s %s %d\n", $request->method, $request->uri->path_query, $answer->code;
    return $answer;
}

ask(GET "$site/");
ask(POST "$site/NoAuth/Login.html", [user => 'root', pass => 'Support-2026']);
require RT;
RT->Config->Set(MailCommand => 'testfile');    # nobody is written to
my $ticket = RT::Ticket->new(RT->SystemUser);
my ($id) = $ticket->Create(Queue => 'Support', Subject => 'page', Requestor => ['croux@valbocage.internal'],
    MIMEObj => MIME::Entity->build(Data => ['x']));
my $home = ask(GET "$site/")->decoded_content;
die 'nobody is signed in' unless $home =~ /Logout/;
ask(GET "$site$_") for '/', '/Search/Results.html?Query=Queue%3D%27Support%27', "/Ticket/Display.html?id=$id",
    "/Ticket/Update.html?id=$id&Action=Respond", "/Ticket/Update.html?id=$id&Action=Comment",
    "/Ticket/Modify.html?id=$id", "/Ticket/ModifyAll.html?id=$id", "/Ticket/ModifyLinks.html?id=$id",
    "/Ticket/ModifyPeople.html?id=$id", "/Ticket/ModifyDates.html?id=$id", '/Ticket/Create.html?Queue=Support',
    '/Articles/index.html', '/Articles/Article/Display.html?id=1', '/Articles/Article/Edit.html?Class=2',
    '/Articles/Article/Search.html', "/Ticket/History.html?id=$id", '/Search/Build.html', '/User/Prefs.html',
    '/REST/1.0/ticket/1/show', '/SelfService/index.html', '/NoAuth/Logout.html';
