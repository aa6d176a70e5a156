"""Files that an applicant opens, fills, deposits and completes, for the tests."""

import io
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfWriter

from aides.dossiers.depot import (
    open_brouillon,
    read_version,
    save_brouillon,
    submit_demande,
)
from aides.dossiers.formulaires import Saisie, list_attestations, list_pieces
from aides.dossiers.instruction import ask_pieces
from aides.dossiers.pieces import join_piece
from aides.models import ActeDossier, CompteurDossier, Demande
from portal.core.documents import receive_document
from portal.core.models import Document, Envoi, Evenement
from tests.people import make_agent
from tests.profils import JEUNE_GENERALISTE
from zonage.models import Niveau

OUVERT = "2025-06-02 10:00+02:00"
FAITS = {**JEUNE_GENERALISTE, "profession": "medecin"}
COTRAM = {
    "profession": "medecin",
    "statut": "installe",
    "type_cabinet": "principal",
    "secteur": "secteur_1",
    "accueille_confrere": "oui",
    "age_confrere": 48,
    "confrere_recent": "oui",
    "contrat_demographique": "aucun",
    "aide_conventionnelle_deja": "non",
}


def make_pdf() -> bytes:
    page = PdfWriter()
    page.add_blank_page(72, 72)
    sortie = io.BytesIO()
    page.write(sortie)
    return sortie.getvalue()


PDF = make_pdf()


def open_caim(user, cle="cle-1", **faits):
    return open_brouillon(user, dispositif="caim", commune="71333", faits={**FAITS, **faits}, cle=cle)


def fill(demande, user):
    """Everything that the deposit asks for, without any file."""
    version = read_version(demande, au=date(2025, 6, 2))
    saisie = Saisie(
        demande.faits,
        {"nom": "Essai", "prenom": "Camille", "courriel": "camille@exemple.fr", "adresse": "1 rue de l'Essai"},
        "",
        {
            "sans_objet": {piece.nature: "Déjà donné dans les coordonnées." for piece in list_pieces(version)},
            "attestations": list(list_attestations(version)),
        },
    )
    return save_brouillon(demande, par=user, version=demande.version, saisie=saisie)


def filed(user, cle="cle-1"):
    demande = fill(open_caim(user, cle), user)
    submit_demande(demande, par=user, version=demande.version)
    demande.refresh_from_db()
    return demande


def asked(user):
    demande = filed(user)
    ask_pieces(demande, par=make_agent("instructeur"), version=demande.version, commentaire="Combien de jours ?")
    demande.refresh_from_db()
    return demande


def make_zac():
    valeurs = {"libelle": "Zone d'action complémentaire", "abrege": "ZAC", "famille": "medecin", "rang": 2}
    return Niveau.objects.get_or_create(code="zac", defaults={**valeurs, "couleur": "#c0d0f0"})[0]


def count_everything():
    return [modele.objects.count() for modele in (Demande, ActeDossier, Evenement, CompteurDossier, Envoi, Document)]


def join(demande, user, nature="piece-1"):
    document = receive_document(
        SimpleUploadedFile("piece.pdf", PDF, "application/pdf"),
        proprietaire=user,
        region_code=demande.region_code,
        departement_code=demande.departement_code,
        guichet=demande.guichet,
        depose_par=user,
    )
    version = read_version(demande, au=date(2025, 6, 2))
    return join_piece(demande, par=user, document=document, nature=nature, version=version)
