"""What the database refuses about contracts and payments, in words."""

from django.db import IntegrityError

from aides.dossiers.erreurs import ActeInvalide, ActeRefuse, TransitionImpossible, explain_base

REFUS: dict[str, ActeRefuse] = {
    "contrat_dossier_signe": TransitionImpossible("Un contrat naît de la signature de son dossier, et d'elle seule."),
    "aides_contrat_demande_id_key": TransitionImpossible("Ce dossier a déjà son contrat."),
    "contrat_du_dossier": ActeInvalide("Le contrat est celui du titulaire et du dispositif de son dossier."),
    "contrat_dates_ordonnees": ActeInvalide("La signature vient après la décision."),
    "contrat_resiliation_ordonnee": ActeInvalide("Une résiliation prend effet le jour de sa notification ou après."),
    "contrat_montant_accorde": ActeInvalide(
        "Le montant dépasserait celui de la décision : il faut une nouvelle décision."
    ),
    "contrat_fige": ActeInvalide("Le numéro, la signature et le jour d'effet d'un contrat ne changent plus."),
    "contrat_ne_s_efface_pas": ActeInvalide("Un contrat ne s'efface pas : il se résilie ou va à son terme."),
    "contrat_remboursement_borne": ActeInvalide("Le remboursement reçu dépasserait le remboursement dû."),
    "contrat_remboursement_acquis": ActeInvalide("Un remboursement reçu ne se retire pas."),
    "echeance_payee_figee": TransitionImpossible("Cette échéance est payée ou constatée : elle ne change plus."),
    "echeance_montant_positif": ActeInvalide("Le montant dépasse le plafond de l'échéance."),
    "paiement_contrat_en_cours": TransitionImpossible(
        "Rien ne se paie ici : le contrat n'a pas commencé, est suspendu, ou est soldé."
    ),
    "paiement_apres_signature": ActeInvalide("Un versement vient après la signature du contrat."),
    "paiement_sous_accorde": ActeInvalide("Le total versé dépasserait le montant accordé : vérifiez le montant."),
}


def explain(erreur: IntegrityError) -> ActeRefuse | None:
    """The refusal in French; None when it is not about a file nor a contract."""
    nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None) or ""
    refus = REFUS.get(nom)
    return explain_base(erreur) if refus is None else type(refus)(str(refus))
