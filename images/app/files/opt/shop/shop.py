"""A small web shop: a page that reads the catalogue, a form that stores an order, a page that shows it."""

import os
import socket
from contextlib import closing

import psycopg2
import psycopg2.extensions
from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

app = Flask(__name__)
DATABASE_URL = os.environ.get("DATABASE_URL", "")
SHOP = os.environ["SHOP_NAME"]
SERVER = socket.gethostname()


def connect() -> closing[psycopg2.extensions.connection]:
    """Open a connection for one request; whoever opens it closes it."""
    return closing(psycopg2.connect(DATABASE_URL, connect_timeout=3, application_name="shop"))


@app.get("/")
def catalogue() -> str:
    """Show the products, their stock, and how many orders there are."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, name, origin, price, stock FROM product ORDER BY name")
        products = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM purchase")
        (orders,) = cursor.fetchone()
    return render_template("catalogue.html", shop=SHOP, products=products, orders=orders)


@app.post("/commandes")
def order() -> ResponseReturnValue:
    """Store an order and take it out of the stock, both or neither."""
    try:
        product, quantity = int(request.form["product"]), int(request.form["quantity"])
    except (KeyError, ValueError):
        return message("Commande incomplète", "Choisissez un thé et une quantité.", 400)
    customer = request.form.get("customer", "").strip()
    if not customer or quantity < 1:
        return message("Commande incomplète", "Indiquez le nom du client et une quantité.", 400)
    with connect() as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE product SET stock = stock - %s WHERE id = %s AND stock >= %s", (quantity, product, quantity)
        )
        if not cursor.rowcount:
            return message("Stock insuffisant", "Il ne reste pas assez de ce thé.", 409)
        cursor.execute(
            "INSERT INTO purchase (customer, product, quantity) VALUES (%s, %s, %s) RETURNING id",
            (customer, product, quantity),
        )
        (number,) = cursor.fetchone()
    return redirect(url_for("show_order", number=number), 303)


@app.get("/commandes/<int:number>")
def show_order(number: int) -> ResponseReturnValue:
    """Show one order."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.customer, p.name, u.quantity, u.quantity * p.price FROM purchase u JOIN product p"
            " ON p.id = u.product WHERE u.id = %s",
            (number,),
        )
        row = cursor.fetchone()
    if row is None:
        return message("Commande inconnue", f"La commande n° {number} n'existe pas.", 404)
    return render_template("order.html", shop=SHOP, number=number, order=row)


@app.get("/sante")
def health() -> Response:
    """Say which server answers, and that its database does too."""
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM product")
        (products,) = cursor.fetchone()
    return jsonify(server=SERVER, products=products)


@app.errorhandler(psycopg2.Error)
def database_trouble(error: psycopg2.Error) -> ResponseReturnValue:
    """Tell the visitor little, and the log everything."""
    app.logger.error("database error: %s", " ".join(str(error).split()))
    return message("Erreur interne", "Votre demande n'a pas pu être traitée.", 500)


@app.after_request
def name_the_server(response: Response) -> Response:
    """Say which application server answered."""
    response.headers["X-Served-By"] = SERVER
    return response


def message(title: str, text: str, status: int) -> ResponseReturnValue:
    """Return a page that says one thing."""
    return render_template("message.html", shop=SHOP, title=title, text=text, status=status), status
