"""The names that variants draw: people of a French company, some with accents, some from elsewhere.

The order matters: a draw is a position in these lists, so a name may be replaced but none added or removed
without changing what old seeds mean.
"""

from __future__ import annotations

from typing import Final

FEMININE: Final = (
    "Amélie", "Anaïs", "Aurélie", "Béatrice", "Camille", "Cécile", "Chloé", "Claire", "Élodie",
    "Gaëlle", "Hélène", "Inès", "Jeanne", "Léa", "Maëlys", "Mathilde", "Noémie", "Océane", "Sophie",
    "Zoé", "Aïcha", "Fatoumata", "Ingrid", "Leïla", "María", "Mei", "Oksana", "Priya", "Şebnem", "Thảo",
)  # fmt: skip
"""First names of women: twenty French ones, then ten international ones."""

MASCULINE: Final = (
    "Adrien", "Alexis", "Antoine", "Aurélien", "Benoît", "Clément", "Cédric", "Étienne", "François",
    "Gaël", "Hugo", "Jérôme", "Julien", "Loïc", "Mathéo", "Nicolas", "Raphaël", "Rémi", "Sébastien",
    "Théo", "Ahmed", "Björn", "Dragoș", "Ibrahima", "João", "Kwame", "Łukasz", "Minh", "Óscar",
    "Rajesh",
)  # fmt: skip
"""First names of men: twenty French ones, then ten international ones."""

LAST: Final = (
    "Aubert", "Barthélemy", "Béranger", "Boyer", "Chevalier", "Clément-Rey", "Cordier", "Delaunay",
    "Desprès", "Dufour", "Fabre", "Faure", "Ferrand", "Fontaine", "Garnier", "Gaillard", "Girard",
    "Guérin", "Huet", "Joly", "Lacroix", "Lefèvre", "Lemaître", "Le Goff", "Lévêque", "L'Hermitte",
    "Mallet", "Maréchal", "Mercier", "Noël", "Pélissier", "Perrin", "Picard", "Prévost", "Renard",
    "Roussel", "Saunier", "Tessier", "Vasseur", "Vidal", "Benali", "Castañeda", "Diallo", "Fernandes",
    "Haddad", "Ivanova", "Jørgensen", "Kovačević", "Müller", "Nguyễn", "Novák", "O'Connor", "Öztürk",
    "Patel", "Popescu", "Sørensen", "Traoré", "Van den Berg", "Wójcik", "Zhang",
)  # fmt: skip
"""Last names: forty French ones, then twenty international ones."""
