-- An inventory of devices, and the role of the application that uses it.
CREATE ROLE inventory LOGIN PASSWORD 'inventory';
CREATE DATABASE inventory OWNER inventory;
\connect inventory
SET ROLE inventory;
CREATE TABLE device (
    id serial PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL,
    place text NOT NULL,
    bought date NOT NULL
);
INSERT INTO device (name, kind, place, bought) VALUES
    ('pc-accueil', 'poste fixe', 'Accueil', '2022-03-14'),
    ('pc-compta-1', 'poste fixe', 'Comptabilité', '2021-09-02'),
    ('port-direction', 'portable', 'Direction', '2024-01-22'),
    ('imp-etage-1', 'imprimante', 'Premier étage', '2020-11-30'),
    ('sw-local-technique', 'commutateur', 'Local technique', '2019-06-18');
