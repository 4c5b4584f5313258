"""Does the database serve the shop again, both servers and every order, without being opened to anybody else?"""

import json
import re
import secrets
from urllib.parse import unquote

import pytest

from grader import check, lines_in, reason
from lab_tools import (
    POSTGRESQL,
    answer_of,
    assert_data_is_whole,
    assert_fresh_order_is_shown,
    assert_is_shown,
    assert_is_the_catalogue,
    assert_order_is_stored,
    assert_service_lasts,
    fresh_order,
    queries,
    words_of,
)

CONNECTIONS = 8
"""What the shop opens at most: gunicorn has four threads on each of two servers."""
UNLIMITED = -1
"""What PostgreSQL says of a role or a database that has no limit of its own."""
PLACES = "/etc /home /opt /srv /tmp /usr/local /var/lib /var/tmp"
"""Where the shop's program and settings may have been put."""


def database_url(lab, server):
    """Return the address of the database in the shop's settings, with its password; empty where there is none."""
    settings = lab.host(server).file("/etc/shop/shop.env").content_string
    urls = re.findall(r"^\s*DATABASE_URL=[\"']?([^\s\"']+)", settings, re.MULTILINE)
    return urls[-1] if urls else ""


def readable_by_everybody(lab, server, password):
    """Return the files from which any account of a server learns the shop's password."""
    host, words = lab.host(server), {password, unquote(password)}
    forms = (":{}@", "'{}'", '"{}"', "password={}", "PASSWORD={}")
    wanted = " ".join("-e %s" for _ in forms for _ in words)
    search = f"runuser -u nobody -- grep -rlsF {wanted} {PLACES}"
    found = lines_in(host.run(search, *(form.format(word) for form in forms for word in words)).stdout)
    return [path for path in found if not host.file(path).is_the_images]


@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="Le catalogue et une ancienne commande s'affichent sur le poste {{ user.full | de }} (pc1).",
    en="The catalogue and an earlier order show on {{ user.full }}'s workstation (pc1).",
    before_fr="Sur le poste {{ user.full | de }} (pc1), la boutique n'affiche qu'une erreur.",
    before_en="On {{ user.full }}'s workstation (pc1) the shop shows nothing but an error.",
    because="answers 500",
)
def test_shop_opens(lab):
    shop, pc1 = f"http://boutique.{lab.domain}", lab.client("pc1")
    page = pc1.http_get(f"{shop}/")
    assert_is_the_catalogue(page)
    assert_is_shown(pc1.http_get(f"{shop}/commandes/2"), 2, "Client : Hôtel des Embruns")
    with fresh_order(lab) as (path, customer):
        order = pc1.http_get(f"{shop}{path}")
    assert_fresh_order_is_shown(order, customer)


@check(
    "symptom",
    points=3,
    competence="3.4",
    fr="Une commande passée depuis les bureaux est enregistrée dans la base, et la boutique la montre.",
    en="An order placed from the office is stored in the database, and the shop shows it.",
    before_fr="Impossible de passer une commande.",
    before_en="No order can be placed.",
    because="500",
)
def test_order_is_stored(lab):
    assert_order_is_stored(lab)


@pytest.mark.parametrize("server", ["app1", "app2"])
@check(
    "symptom",
    points=2,
    competence="3.4",
    fr="{{ server }} obtient de la base ce qu'il lui demande, même quand les deux serveurs ont beaucoup à faire.",
    en="{{ server }} gets what it asks the database for, even when both servers are busy.",
    before_fr="Les pages qui viennent {{ server | de }} sont des erreurs.",
    before_en="The pages that come from {{ server }} are errors.",
    because="answers 500",
)
def test_server_reaches_the_database(lab, server):
    answer = lab.probe("application").http_get(f"http://{lab.address(server, 'eth0')}:8000/sante")
    assert answer.status == 200, reason(fr=f"{server} {answer_of(answer)}", en=f"{server} {answer_of(answer)}")
    health = json.loads(answer.body)
    assert health["server"] == server, reason(
        fr=f"{health['server']} répond à la place de {server}",
        en=f"{health['server']} answers in place of {server}",
    )
    statements = (
        "SELECT count(*) FROM public.product",
        "SELECT rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = 'shop'",
        "SELECT datconnlimit FROM pg_catalog.pg_database WHERE datname = 'shop'",
    )
    products, *limits = map(int, queries(lab, statements))
    limit = min((one for one in limits if one != UNLIMITED), default=CONNECTIONS)
    assert health["products"] == products, reason(
        fr=f"{server} interroge une autre base : il y voit {health['products']} produits, et non {products}",
        en=f"{server} asks another database, which holds {health['products']} products instead of {products}",
    )
    assert limit >= CONNECTIONS, reason(
        fr=f"la base n'accorde que {limit} connexions à toute la boutique, qui peut en ouvrir {CONNECTIONS}",
        en=f"the database allows the whole shop {limit} connections only, and the shop may open {CONNECTIONS}",
    )
    asked = lab.host(server).run(f"{POSTGRESQL}/psql -X %s -Atc 'SELECT current_user'", database_url(lab, server))
    assert asked.stdout.strip() == "shop", reason(
        fr=f"{server} : shop.env ne permet pas de se connecter : {words_of(asked)}",
        en=f"{server}: nobody can connect with what shop.env says: {words_of(asked)}",
    )


@pytest.mark.parametrize("server", ["app1", "app2"])
@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Depuis {{ server }}, un mauvais mot de passe reste refusé.",
    en="From {{ server }} a wrong password is still refused.",
)
def test_wrong_password_is_refused(lab, server):
    address = lab.address("db1")
    psql = f"PGPASSWORD=%s {POSTGRESQL}/psql -X -h %s -U shop -d shop -c 'SELECT 1'"
    done = lab.host(server).run(psql, secrets.token_hex(8), address)
    assert "FATAL" in done.stderr, reason(
        fr=f"{server} : la base ne refuse pas un mot de passe tiré au hasard ; erreur affichée : {words_of(done)}",
        en=f"{server}: the database does not refuse a random password; the error shown: {words_of(done)}",
    )


@pytest.mark.parametrize("server", ["app1", "app2"])
@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Sur {{ server }}, la boutique se connecte avec son propre rôle, et garde son mot de passe pour elle.",
    en="On {{ server }} the shop connects as its own role, and keeps its password to itself.",
    host="{{ server }}",
    lock="",
)
def test_settings_are_the_shops(lab, server):
    url = database_url(lab, server)
    ours = re.match("postgres(?:ql)?://shop:(.+)@", url)
    assert ours, reason(
        fr=f"sur {server}, la boutique ne se connecte pas avec le rôle shop et un mot de passe",
        en=f"on {server} the shop does not connect as the role shop with a password",
    )
    assert not lab.host(server).file("/etc/shop/shop.env").mode & 0o007, reason(
        fr=f"sur {server}, tout le monde peut lire le mot de passe dans /etc/shop/shop.env",
        en=f"on {server} everybody can read the password in /etc/shop/shop.env",
    )
    open_files = readable_by_everybody(lab, server, ours[1])
    assert not open_files, reason(
        fr=f"sur {server}, tout le monde peut lire le mot de passe dans {open_files[0]}",
        en=f"on {server} everybody can read the password in {open_files[0]}",
    )
    assert_service_lasts(lab, server, "shop")


@check(
    "guard",
    points=1,
    competence="3.4",
    fr="Le catalogue et les anciennes commandes sont toujours dans la base.",
    en="The catalogue and the earlier orders are still in the database.",
    host="db1",
    lock="",
)
def test_data_is_whole(lab):
    assert_data_is_whole(lab)
