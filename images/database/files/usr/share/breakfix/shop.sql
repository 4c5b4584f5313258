-- A web shop: its catalogue, its orders, and the role of the application that uses them.
CREATE ROLE shop LOGIN PASSWORD 'Darjeeling-2026';
CREATE DATABASE shop OWNER shop;
\connect shop
SET ROLE shop;
CREATE TABLE product (
    id serial PRIMARY KEY,
    name text NOT NULL UNIQUE,
    origin text NOT NULL,
    price numeric(6, 2) NOT NULL CHECK (price > 0),
    stock integer NOT NULL CHECK (stock >= 0)
);
CREATE TABLE purchase (
    id serial PRIMARY KEY,
    customer text NOT NULL,
    product integer NOT NULL REFERENCES product,
    quantity integer NOT NULL CHECK (quantity > 0),
    placed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO product (name, origin, price, stock) VALUES
    ('Assam de printemps', 'Inde', 8.90, 4200),
    ('Darjeeling des brumes', 'Inde', 12.50, 2600),
    ('Earl Grey de la maison', 'Sri Lanka', 7.40, 6100),
    ('Gunpowder', 'Chine', 6.20, 3800),
    ('Oolong des hauts plateaux', 'Taïwan', 14.80, 1900),
    ('Sencha du matin', 'Japon', 11.30, 2400);
INSERT INTO purchase (customer, product, quantity, placed_at) VALUES
    ('Salon de thé du Port', 3, 40, '2026-08-24 09:12'),
    ('Hôtel des Embruns', 1, 25, '2026-08-25 14:40'),
    ('Épicerie Le Gall', 4, 12, '2026-08-27 10:05'),
    ('Crêperie de la Place', 3, 18, '2026-08-28 16:22'),
    ('Librairie Tournepage', 6, 6, '2026-08-31 11:31');
