"""The amounts that a région may set within a national scheme: their codes, declared here and nowhere else.

A rule names one with `par_parametre`; a value is entered in the administration, by région and period, by two persons.
"""

from collections.abc import Mapping

PARAMETRES: Mapping[str, str] = {
    "majoration_caim_2j5": "Majoration régionale du CAIM, 2,5 jours par semaine (€)",
    "majoration_caim_3j": "Majoration régionale du CAIM, 3 jours par semaine (€)",
    "majoration_caim_3j5": "Majoration régionale du CAIM, 3,5 jours par semaine (€)",
    "majoration_caim_4j": "Majoration régionale du CAIM, 4 jours par semaine ou plus (€)",
    "majoration_cotram": "Majoration régionale du Cotram, plafond annuel (€)",
    "majoration_coscom": "Majoration régionale du Coscom, par an (€)",
    "formation_ipa": "Soutien à la formation d'infirmier en pratique avancée, par an (€)",
}
