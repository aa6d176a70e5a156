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
    "campagne_ne_s_efface_pas": ActeInvalide("Une campagne ne s'efface pas : elle se clôt."),
    "campagne_unique": TransitionImpossible("Cette campagne existe déjà : ouvrez-la depuis la liste."),
    "campagne_deux_jours": ActeInvalide("Une campagne a un premier et un dernier jour."),
    "campagne_figee": ActeInvalide("La région, le dispositif et l'année d'une campagne ne changent plus."),
    "campagne_reouverture_motivee": ActeInvalide("Changer ou rouvrir une campagne demande un motif."),
    "campagne_close": TransitionImpossible("Cette campagne est close : plus rien ne s'y déclare."),
    "campagne_hors_fenetre": TransitionImpossible("Cette campagne n'est pas ouverte aux déclarations ce jour."),
    "ligne_ne_s_efface_pas": ActeInvalide("Une ligne de campagne ne s'efface pas."),
    "ligne_figee": ActeInvalide("Cette ligne est accordée : son montant potentiel ne change plus."),
    "ligne_deja_accordee": TransitionImpossible("Un montant est déjà accordé : votre déclaration ne change plus."),
    "ligne_echeance_payee": TransitionImpossible("Cette échéance est payée ou annulée : elle ne s'accorde plus."),
    "ligne_echeance_ouverte": TransitionImpossible("Cette échéance n'est plus ouverte."),
    "ligne_sans_demande": ActeInvalide("Le titulaire n'a rien déclaré : il n'y a pas de montant à accorder."),
    "ligne_motif": ActeInvalide("Dites pourquoi le montant accordé est plus bas que le montant demandé."),
    "lignecampagne_accorde_borne": ActeInvalide("Le montant accordé dépasse le montant potentiel."),
    "paiement_sous_accorde": ActeInvalide("Le total versé dépasserait le montant accordé : vérifiez le montant."),
}


def explain(erreur: IntegrityError) -> ActeRefuse | None:
    """The refusal in French; None when it is not about a file nor a contract."""
    nom = getattr(getattr(erreur.__cause__, "diag", None), "constraint_name", None) or ""
    refus = REFUS.get(nom)
    return explain_base(erreur) if refus is None else type(refus)(str(refus))
