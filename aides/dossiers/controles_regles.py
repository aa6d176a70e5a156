"""What a check looks for: one query each, over one file, some, or all of them, and what it tells an agent.

Each query reads `dossiers` (the files asked about, with the day `jour`) and gives the file, the object at fault and
the sentence. No name, no address: a sentence is shown in lists.
"""

from dataclasses import dataclass
from enum import StrEnum


class Gravite(StrEnum):
    """« bloquante »: money or law is at stake; « forte »: to mend; « attention »: to look at."""

    BLOQUANTE = "bloquante"
    FORTE = "forte"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Controle:
    """`selection` ends the query that begins with the files asked about. `reference`: why it is looked for."""

    code: str
    gravite: Gravite
    libelle: str
    reference: str
    selection: str


DEMANDE = "'aides.demande:' || d.id"
CONTRAT = "'aides.contrat:' || c.id"
ECHEANCE = "'aides.echeance:' || e.id"
OUVERT = "d.statut IN ('deposee', 'incomplete', 'recevable', 'en_instruction', 'avis')"
VIVANT = "d.statut IN ('signee', 'en_cours', 'suspendue')"
CONTRATS = "dossiers d JOIN aides_contrat c ON c.demande_id = d.id"
LIGNES = f"{CONTRATS} JOIN aides_echeance e ON e.contrat_id = c.id"
JOUR = "to_char({}, 'DD/MM/YYYY')"


def look(objet: str, phrase: str, source: str, condition: str) -> str:
    return f"SELECT d.id, {objet}, {phrase} FROM {source} WHERE {condition}"  # noqa: S608 - only texts of this module


def find_instructeur_sans_mandat() -> Controle:
    mandat = """NOT EXISTS (
        SELECT FROM accounts_mandat m JOIN accounts_user u ON u.id = m.user_id AND u.is_active
         WHERE m.user_id = d.instructeur_id AND m.periode @> jour
           AND (m.role IN ('instructeur', 'valideur') OR m.role = 'agent_cpam' AND d.guichet = 'cpam')
           AND (m.perimetre = 'national' OR (m.perimetre, m.perimetre_code) IN (
                ('region', d.region_code), ('departement', d.departement_code))))"""
    phrase = "'L''instructeur n''a plus de mandat sur ce territoire : confiez le dossier à un collègue.'"
    return Controle(
        "instructeur_sans_mandat",
        Gravite.FORTE,
        "Instructeur sans mandat",
        "Un dossier est instruit par un agent du territoire.",
        look(DEMANDE, phrase, "dossiers d", f"{OUVERT} AND d.instructeur_id IS NOT NULL AND {mandat}"),
    )


def find_immobile() -> Controle:
    dernier = "(SELECT max(a.survenu_le) FROM aides_actedossier a WHERE a.demande_id = d.id)"
    phrase = f"'Rien n''est fait depuis le ' || {JOUR.format(dernier)} || ' : reprenez le dossier ou décidez.'"
    ouvert = "d.statut IN ('deposee', 'recevable', 'en_instruction', 'avis')"
    return Controle(
        "immobile",
        Gravite.ATTENTION,
        "Dossier immobile depuis 60 jours",
        "Objectif interne d'instruction, aucun délai légal n'est connu.",
        look(DEMANDE, phrase, "dossiers d", f"{ouvert} AND {dernier} < jour - 60"),
    )


def find_incomplet_ancien() -> Controle:
    phrase = (
        f"'Incomplet depuis le ' || {JOUR.format('d.incomplete_le')} || ' : relancez le demandeur ou constatez la "
        "caducité.'"
    )
    return Controle(
        "incomplet_ancien",
        Gravite.ATTENTION,
        "Incomplet depuis plus de 90 jours",
        "Objectif interne.",
        look(DEMANDE, phrase, "dossiers d", "d.statut = 'incomplete' AND d.incomplete_le < jour - 90"),
    )


def find_accord_non_signe() -> Controle:
    phrase = (
        f"'Accordé le ' || {JOUR.format('d.decision_le')} || ' et jamais signé : signez, ou constatez la caducité "
        "pour rendre la somme à l''enveloppe.'"
    )
    return Controle(
        "accord_non_signe",
        Gravite.FORTE,
        "Accord non signé depuis 180 jours",
        "La somme accordée reste engagée.",
        look(DEMANDE, phrase, "dossiers d", "d.statut = 'accordee' AND d.decision_le < jour - 180"),
    )


def find_commune_disparue() -> Controle:
    source = "dossiers d JOIN zonage_anciennecommune n ON n.code_insee = d.commune_id AND n.commune_id <> d.commune_id"
    phrase = "'La commune d''exercice (' || d.commune_id || ') a fusionné : vérifiez la zone de la commune nouvelle.'"
    return Controle(
        "commune_disparue",
        Gravite.ATTENTION,
        "Commune fusionnée",
        "Code officiel géographique.",
        look(DEMANDE, phrase, source, OUVERT),
    )


def find_arrete_retire() -> Controle:
    source = "dossiers d JOIN zonage_arrete z ON z.id = d.zone_arrete"
    phrase = "'L''arrêté de zonage lu au dépôt n''est plus publié : vérifiez la zone avant de décider.'"
    return Controle(
        "arrete_retire",
        Gravite.BLOQUANTE,
        "Arrêté de zonage retiré",
        "La zone se lit le jour de référence du dispositif.",
        look(DEMANDE, phrase, source, f"{OUVERT} AND z.statut <> 'publie'"),
    )


def find_preuve_alteree() -> Controle:
    phrase = "'La preuve du dépôt n''a plus son empreinte : ne décidez pas, prévenez l''administrateur technique.'"
    alteree = "d.preuve <> '' AND encode(sha256(convert_to(d.preuve, 'UTF8')), 'hex') <> d.preuve_empreinte"
    return Controle(
        "preuve_alteree",
        Gravite.BLOQUANTE,
        "Preuve altérée",
        "La preuve est figée au dépôt.",
        look(DEMANDE, phrase, "dossiers d", alteree),
    )


def find_acte_manquant() -> Controle:
    actes = "(SELECT max(a.version) FROM aides_actedossier a WHERE a.demande_id = d.id)"
    phrase = "'Le dossier a changé sans acte : son journal est incomplet, prévenez l''administrateur technique.'"
    return Controle(
        "acte_manquant",
        Gravite.BLOQUANTE,
        "Changement sans acte",
        "Un acte, une version, une ligne du journal.",
        look(DEMANDE, phrase, "dossiers d", f"d.deposee_le IS NOT NULL AND {actes} IS DISTINCT FROM d.version"),
    )


def find_montant_autre_que_propose() -> Controle:
    phrase = (
        "'Accordé ' || d.montant_accorde || ' €, proposé ' || d.montant_propose || ' € : au-dessus du seuil, une "
        "seule personne a choisi ce montant.'"
    )
    ecart = "d.montant_accorde <> d.montant_propose AND d.montant_accorde > d.seuil"
    return Controle(
        "montant_autre_que_propose",
        Gravite.FORTE,
        "Montant accordé autre que proposé",
        "Décision à deux personnes (docs/adr/0131).",
        look(DEMANDE, phrase, "dossiers d", ecart),
    )


def find_double() -> Controle:
    autre = """EXISTS (
        SELECT FROM aides_demande b
         WHERE b.proprietaire_id = d.proprietaire_id AND b.dispositif = d.dispositif AND b.id <> d.id
           AND b.statut NOT IN ('brouillon', 'refusee', 'retiree', 'caduque', 'soldee', 'resiliee'))"""
    phrase = "'Le même demandeur a un autre dossier ouvert pour ce dispositif : comparez avant de décider.'"
    return Controle(
        "double",
        Gravite.ATTENTION,
        "Autre dossier du même demandeur",
        "Règles de cumul des dispositifs.",
        look(DEMANDE, phrase, "dossiers d", f"{OUVERT} AND {autre}"),
    )


def find_piece_infectee() -> Controle:
    source = (
        "dossiers d JOIN aides_piecedossier p ON p.demande_id = d.id AND p.retiree_le IS NULL "
        "JOIN core_document f ON f.id = p.document_id AND f.statut = 'infecte'"
    )
    phrase = "'Une pièce contient un virus : demandez au demandeur de la remplacer.'"
    return Controle(
        "piece_infectee",
        Gravite.FORTE,
        "Pièce infectée",
        "Aucune pièce infectée n'est servie.",
        look("'aides.piecedossier:' || p.id", phrase, source, OUVERT),
    )


def find_versement_en_retard() -> Controle:
    phrase = f"'Versement dû le ' || {JOUR.format('e.le')} || ', ni payé ni annulé.'"
    retard = """e.nature = 'versement' AND e.statut IN ('prevue', 'a_payer') AND e.le < jour - 60
        AND d.statut IN ('en_cours', 'a_l_echeance', 'resiliee')"""
    return Controle(
        "versement_en_retard",
        Gravite.FORTE,
        "Versement en retard de 60 jours",
        "Échéancier du contrat.",
        look(ECHEANCE, phrase, LIGNES, retard),
    )


def find_engagement_sans_constat() -> Controle:
    phrase = f"'Engagement à constater depuis le ' || {JOUR.format('e.le')} || ' : demandez un justificatif.'"
    attente = f"e.nature = 'obligation' AND e.statut = 'prevue' AND e.le < jour - 60 AND {VIVANT}"
    return Controle(
        "engagement_sans_constat",
        Gravite.ATTENTION,
        "Engagement non constaté depuis 60 jours",
        "Échéancier du contrat.",
        look(ECHEANCE, phrase, LIGNES, attente),
    )


def find_manquement_sans_suite() -> Controle:
    phrase = "'Engagement non tenu depuis plus de 30 jours, sans résiliation notifiée : décidez de la suite.'"
    suite = f"e.statut = 'non_tenue' AND e.constatee_le < jour - 30 AND {VIVANT}"
    return Controle(
        "manquement_sans_suite",
        Gravite.FORTE,
        "Engagement non tenu sans suite",
        "Obligations du contrat.",
        look(ECHEANCE, phrase, LIGNES, f"{suite} AND c.resiliation_notifiee_le IS NULL"),
    )


def find_resiliation_en_attente() -> Controle:
    phrase = f"'La résiliation a pris effet le ' || {JOUR.format('c.resiliation_effet_le')} || ' : enregistrez-la.'"
    return Controle(
        "resiliation_en_attente",
        Gravite.FORTE,
        "Résiliation à enregistrer",
        "Préavis du contrat.",
        look(CONTRAT, phrase, CONTRATS, f"{VIVANT} AND c.resiliation_effet_le < jour"),
    )


def find_terme_depasse() -> Controle:
    phrase = f"'Le terme était le ' || {JOUR.format('upper(c.periode)')} || ' : le contrat est toujours ouvert.'"
    return Controle(
        "terme_depasse",
        Gravite.FORTE,
        "Terme dépassé",
        "Durée du contrat.",
        look(CONTRAT, phrase, CONTRATS, f"{VIVANT} AND upper(c.periode) < jour"),
    )


def find_remboursement_excessif() -> Controle:
    verse = (
        "(SELECT coalesce(sum(e.montant), 0) FROM aides_echeance e WHERE e.contrat_id = c.id AND e.statut = 'payee')"
    )
    phrase = "'Le remboursement demandé dépasse ce qui a été versé : vérifiez le montant et sa raison.'"
    return Controle(
        "remboursement_excessif",
        Gravite.BLOQUANTE,
        "Remboursement au-delà du versé",
        "Fin anticipée du contrat.",
        look(CONTRAT, phrase, CONTRATS, f"c.remboursement_du > {verse}"),
    )


def find_solde_ouvert() -> Controle:
    phrase = "'Le dossier est soldé et ce versement reste ouvert : rien ne le paiera.'"
    ouvert = "d.statut = 'soldee' AND e.nature = 'versement' AND e.statut IN ('prevue', 'a_payer')"
    return Controle(
        "solde_ouvert",
        Gravite.BLOQUANTE,
        "Soldé avec un versement ouvert",
        "Clôture du contrat.",
        look(ECHEANCE, phrase, LIGNES, ouvert),
    )


CONTROLES: dict[str, Controle] = {
    controle.code: controle
    for controle in (
        find_instructeur_sans_mandat(),
        find_immobile(),
        find_incomplet_ancien(),
        find_accord_non_signe(),
        find_commune_disparue(),
        find_arrete_retire(),
        find_preuve_alteree(),
        find_acte_manquant(),
        find_montant_autre_que_propose(),
        find_double(),
        find_piece_infectee(),
        find_versement_en_retard(),
        find_engagement_sans_constat(),
        find_manquement_sans_suite(),
        find_resiliation_en_attente(),
        find_terme_depasse(),
        find_remboursement_excessif(),
        find_solde_ouvert(),
    )
}
