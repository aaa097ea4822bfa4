"""What Moodle calls the columns of its class lists and grading worksheets, in four languages.

In English, and after it in German, French and Spanish, and in other versions.
"""

from __future__ import annotations

from embeddings_course.grading.csv_files import Table

PEOPLE = {
    "First name": ("Vorname", "Prénom", "Nombre"),
    "Last name": ("Surname", "Nachname", "Nom de famille", "Nom", "Apellido(s)", "Apellidos"),
    "Full name": (
        "User full name",
        "Vollständiger Name",
        "Nom complet",
        "Nombre completo",
        "Nombre completo del usuario",
    ),
    "ID number": (
        "ID-Nummer",
        "Matrikelnummer",
        "Numéro d'identification",
        "Número de ID",
        "Número ID",
        "Número de identificación",
    ),
    "Username": ("Anmeldename", "Nom d'utilisateur", "Nombre de usuario"),
    "Email address": (
        "Email",
        "E-Mail-Adresse",
        "E-Mail",
        "Adresse de courriel",
        "Adresse e-mail",
        "Courriel",
        "Dirección de correo",
        "Dirección de correo electrónico",
        "Dirección Email",
        "Correo electrónico",
    ),
}
"""Columns about a person, which class lists and worksheets share."""
WORK = {
    "Identifier": ("ID", "Identifikator", "Identifiant", "Identificador"),
    "Group": ("Gruppe", "Groupe", "Grupo"),
    "Last modified (submission)": (
        "Zuletzt geändert (Abgabe)",
        "Dernière modification (travail remis)",
        "Última modificación (entrega)",
        "Última modificación (envío)",
    ),
}
"""Columns about what was handed in, which only a worksheet has."""


def columns_in(table: Table, known: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return how a table spells those columns that it has, by their English names."""
    found = {name: table.column(name, *others) for name, others in known.items()}
    return {name: column for name, column in found.items() if column is not None}
