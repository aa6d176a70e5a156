"""The portal's own settings: what the core calls without knowing it, the schedule, the bounds. `base` takes them."""

from typing import Any

from portal.settings.environnement import BASE_DIR, EXERCICE, env

MAILLAGE_BLOC_MARQUE = env.bool("MAILLAGE_BLOC_MARQUE", default=False)
# What happens below, and the tasks above that ask to know (portal.core.outbox.emit).
MAILLAGE_ABONNEMENTS: dict[str, list[str]] = {
    "zonage.zones": ["aides.eligibilite_zones", "aides.suivi_zones"],
    "zonage.territoire": ["aides.eligibilite_territoire", "aides.suivi_territoire"],
    "aides.regle": ["aides.eligibilite_regle", "aides.suivi_regle"],
    "aides.parametre": ["aides.eligibilite_parametre", "aides.suivi_parametre"],
    # The code of a CPTS whose approved perimeters changed.
    "cpts.perimetre": ["cpts.missions_cpts"],
    "cpts.aci": ["cpts.missions_cpts"],
}
# The outbox, in seconds: back-off of messages and attempts, lease of a run (between two pieces), bound of the queue.
MAILLAGE_RELAIS = {
    "recul": 1 if EXERCICE else 6,
    "recul_max": 8 if EXERCICE else 300,
    "bail": 3 if EXERCICE else 10,
    "bail_long": 10 if EXERCICE else 30,
    "file_max": 200,
    "essais_max": 5,
    "garde_jours": 7,
}
# Periodic work, turn by turn (portal.core.creneaux): "toutes_les" seconds, or "a" a time in Paris outside 1 h to 4 h.
MAILLAGE_PERIODIQUES: dict[str, dict[str, Any]] = {
    "battement": {"tache": "core.battement", "toutes_les": 2 if EXERCICE else 20},
    "purge": {"tache": "core.purge", "toutes_les": 3600},
    # What still waits for the antivirus, and the bytes that no row names.
    "analyses": {"tache": "core.analyses", "toutes_les": 300},
    "balayage": {"tache": "core.balayage", "a": "05:40"},
    "purge_comptes": {"tache": "accounts.purge", "toutes_les": 3600},
    "journal": {"tache": "core.journal", "a": "04:30"},
    # Who is told that something of theirs goes, and what goes (docs/adr/0160).
    "conservation": {"tache": "core.conservation", "a": "05:10"},
    # Nothing is done unless the day or the rules changed since the table was computed.
    "eligibilite": {"tache": "aides.eligibilite_jour", "toutes_les": 300},
    # The files of /donnees/: nothing is written unless what they come from changed.
    "donnees_ouvertes": {"tache": "aides.donnees_ouvertes", "toutes_les": 3600},
    # What takes effect today is said today; what a release brought is read; what nobody confirmed is erased.
    "suivis": {"tache": "aides.suivi_jour", "toutes_les": 300},
    # Contracts begin on their day and reach their term; payments fall due.
    "contrats": {"tache": "aides.contrats_jour", "toutes_les": 600},
    # The checks of files and contracts, over all of them.
    "controles": {"tache": "aides.controles_jour", "a": "04:50"},
    # What falls due in thirty days, in seven, or is late: one message each, once.
    "rappels": {"tache": "aides.rappels_jour", "a": "06:10"},
    # The contracts of CPTS whose missions or years were never opened.
    "missions": {"tache": "cpts.missions_jour", "a": "05:30"},
}
# The figures of steering (docs/indicateurs.md): the civil day that begins, then what changed since the last run. The
# drills, which count what their own acts ask for, have their own.
if not EXERCICE:
    MAILLAGE_PERIODIQUES |= {
        "mesures": {"tache": "pilotage.jour", "a": "00:10", "jour": True},
        "mesures_changements": {"tache": "pilotage.changements", "toutes_les": 30},
        # The contradictions, of the figures and of their sources: after each run, and before the day begins.
        "contradictions": {"tache": "pilotage.controles", "a": "05:50"},
    }
    MAILLAGE_ABONNEMENTS["pilotage.passage"] = ["pilotage.controles"]
    # Without waiting for the next turn: what the indicators are made of, whoever changes it.
    for sujet in (
        *("zonage.zones", "zonage.territoire", "aides.dossiers", "prevention.releve", "prevention.action"),
        *("cpts.cpts", "cpts.aci", "cpts.perimetre", "cpts.missions", "cpts.structures"),
    ):
        MAILLAGE_ABONNEMENTS.setdefault(sujet, []).append("pilotage.changements")
# Receipts that one address may keep: a number per minute (m), hour (h) or day (d); empty: no limit.
MAILLAGE_RECUS_LIMITE = env.str("MAILLAGE_RECUS_LIMITE", default="30/h")
# Letters that one address of the network may check.
MAILLAGE_COURRIERS_LIMITE = env.str("MAILLAGE_COURRIERS_LIMITE", default="60/h")
# The token that a supervision gives to read « /metriques/ »; empty: the address does not exist.
MAILLAGE_METRIQUES_JETON = env.str("MAILLAGE_METRIQUES_JETON", default="")
# Where pg_dump and pg_restore are; empty: on the PATH.
MAILLAGE_PG_BIN = env.str("MAILLAGE_PG_BIN", default="")
# The public address of the portal, for the links of the messages.
MAILLAGE_ADRESSE = env.str("MAILLAGE_ADRESSE", default="http://127.0.0.1:8000")
# Requests to follow that one address of the network may make; confirmations that one mailbox receives in a day.
MAILLAGE_SUIVIS_LIMITE = env.str("MAILLAGE_SUIVIS_LIMITE", default="20/h")
MAILLAGE_CONFIRMATIONS_PAR_JOUR = env.int("MAILLAGE_CONFIRMATIONS_PAR_JOUR", default=5)
# OpenID Connect (docs/adr/0110): a provider without a client identifier is absent, with its button and its addresses.
MAILLAGE_OIDC: dict[str, dict[str, Any]] = {
    fournisseur: {
        cle: env.str(f"MAILLAGE_{fournisseur.upper()}_{cle.upper()}", default=defauts.get(cle, ""))
        for cle in (
            *("client", "secret", "emetteur", "autorisation", "jeton", "userinfo", "cles", "deconnexion"),
            *("portees", "acr", "acr_fort", "algorithme"),
        )
    }
    | {"userinfo_signe": env.bool(f"MAILLAGE_{fournisseur.upper()}_USERINFO_SIGNE", default=signe)}
    for fournisseur, signe, defauts in (
        ("psc", False, {"portees": "openid scope_all", "acr": "eidas1", "algorithme": "RS256"}),
        (
            "proconnect",
            True,
            {
                "portees": "openid given_name usual_name email siret",
                "acr": "eidas2",
                "acr_fort": "eidas2 eidas3",
                "algorithme": "RS256",
            },
        ),
    )
}
# Called as f(user, rpps=, professions=) in the transaction of a sign-in by Pro Santé Connect: they know who it is.
MAILLAGE_APRES_PSC: list[str] = ["cpts.services.rattachements.attach_by_psc"]
# Called as f(user, rpps) for each practitioner of the demonstration; and whether `code_demo` gives out their codes.
MAILLAGE_DEMONSTRATION: list[str] = ["cpts.services.demonstration.attach_praticien"]
MAILLAGE_CODES_DEMO = False
# The région of a département: the accounts know no territory.
MAILLAGE_REGION_DE = "zonage.perimetres.find_region"
# What the apps above add to the preview of an arrêté: functions (ContexteApercu) -> list of Section (docs/adr/0141).
MAILLAGE_APERCUS_ZONAGE: list[str] = ["aides.apercu_zonage.list_sections"]
# Files: the amount above which one person proposes and another decides, and the days in which the agency means to
# answer. Neither comes from a text (docs/adr/0131, 0132): each agency sets its own.
MAILLAGE_SEUIL_DEUX_PERSONNES = env.str("MAILLAGE_SEUIL_DEUX_PERSONNES", default="10000")
MAILLAGE_OBJECTIF_INSTRUCTION_JOURS = env.int("MAILLAGE_OBJECTIF_INSTRUCTION_JOURS", default=60)
# The unit of the pro ratas of a contract, « jour » or « mois », by scheme (« caim=jour,coscom=mois »). The texts read
# do not give it: without one, both figures are shown and an agent decides (docs/adr/0136).
MAILLAGE_PRORATAS = env.dict("MAILLAGE_PRORATAS", default={})
# Agents give a code after their password; production refuses to start without it (docs/adr/0105).
MAILLAGE_DEUX_FACTEURS = env.bool("MAILLAGE_DEUX_FACTEURS", default=True)
# What the apps show on the page of the account: functions (request) -> (template, context), or None for nothing.
MAILLAGE_SECTIONS_COMPTE: list[str] = [
    "cpts.taches_espace.find_section",
    "prevention.accueil.find_section",
    "aides.views.contrats.find_section",
    "portal.accounts.views.donnees.section",
]
# How long data is kept: the categories of each app; who holds back and erases what of a person, from the highest app
# to the lowest (docs/adr/0160, 0162); and where erasures are remembered, outside the base, for the day of a restore.
MAILLAGE_CONSERVATION = [
    "aides.conservation.CATEGORIES",
    "cpts.conservation.CATEGORIES",
    "portal.accounts.conservation.CATEGORIES",
    "portal.core.conservation_nuit.CATEGORIES",
]
MAILLAGE_EFFACEURS = [
    "portal.pilotage.conservation.EffaceurVues",
    "aides.conservation.EffaceurDossiers",
    "cpts.conservation.EffaceurRattachements",
    "portal.accounts.conservation.EffaceurCompte",
]
MAILLAGE_EFFACEMENTS = env.path("MAILLAGE_EFFACEMENTS", default=BASE_DIR / ".var" / "effacements")
# The home of the administration: functions (request) -> list[portal.core.accueil.Section].
MAILLAGE_TACHES_AGENTS: list[str] = [
    "aides.dossiers.taches_agents.list_taches",
    "cpts.taches_agents.list_taches",
    "cpts.taches_structures.list_taches",
    "cpts.sections_missions.list_taches",
    "cpts.taches_espace.list_taches",
    "zonage.taches_agents.list_taches",
    "portal.pilotage.taches_agents.list_taches",
    "portal.core.taches_agents.list_taches",
]
# The coordinators' space: its menu (name of the address, which takes the code of the CPTS; label), in order; and the
# sections of its home, functions (request, cpts) -> list[portal.core.accueil.Section].
MAILLAGE_RUBRIQUES_ESPACE: list[tuple[str, str]] = [
    ("espace", "Accueil"),
    ("espace_parcours", "Parcours"),
    ("espace_perimetre", "Périmètre"),
    ("espace_missions", "Missions"),
    ("espace_reunions", "Réunions"),
    ("espace_membres", "Membres"),
    ("espace_argent", "Argent"),
    ("espace_actions", "Actions"),
    ("espace_bulletins", "Bulletins"),
    ("espace_structures", "Structures"),
    ("espace_donnees", "Chiffres"),
    ("tableau_cpts", "Tableau de bord"),
    ("espace_territoires", "Diagnostics"),
    ("espace_acces", "Accès"),
]
MAILLAGE_SECTIONS_ESPACE: list[str] = [
    "cpts.sections_espace.list_sections",
    "cpts.sections_missions.list_sections",
    "prevention.accueil.list_sections",
]
# Its cards, in a line each: functions (request, cpts) -> list[cpts.cartes_espace.Carte].
MAILLAGE_CARTES_ESPACE: list[str] = ["cpts.cartes_espace.build_cartes", "prevention.cartes_espace.build_cartes"]
# Sections of the page of a commune: functions (commune, au, aujourdhui) -> zonage.fiches.Fiche, of one query each.
MAILLAGE_FICHES_COMMUNE: list[str] = ["cpts.fiche_commune.build_fiche", "prevention.fiche_commune.build_fiche"]
# Those of the public page of a structure: functions (structure, aujourdhui) -> zonage.fiches.Fiche.
MAILLAGE_FICHES_STRUCTURE: list[str] = ["prevention.fiche_structure.build_fiche"]
# What `load_demonstration` loads after the zoning: functions (avance) -> sentence of what was written.
MAILLAGE_JEUX_DEMONSTRATION: list[str] = [
    "cpts.services.demonstration_cpts.load_cpts",  # first: the others look for the CPTS
    "portal.pilotage.services.demonstration.load_chiffres",
    "cpts.services.demonstration_structures.load_structures",  # after the perimeters: it looks for the CPTS
    "cpts.services.demonstration_missions.load_missions",  # after the perimeters: the size of the ACI
    "prevention.services.demonstration.load_prevention",  # after the CPTS that its actions belong to
    "portal.pilotage.services.objectifs.load_tous",  # after the CPTS, whose territories it makes
]
MAILLAGE_DONNEES = env.str("MAILLAGE_DONNEES", default="")
# Documents (docs/adr/0120): bytes of one file; « clamd://hôte:port » or « clamd:/chemin.sock », empty: no antivirus,
# and whether agents then download what was not analysed; location that nginx alone serves (X-Accel-Redirect).
MAILLAGE_DOCUMENT_MAX = env.int("MAILLAGE_DOCUMENT_MAX", default=10 * 1024 * 1024)
MAILLAGE_ANTIVIRUS = env.str("MAILLAGE_ANTIVIRUS", default="")
MAILLAGE_NON_ANALYSE_AUX_AGENTS = env.bool("MAILLAGE_NON_ANALYSE_AUX_AGENTS", default=True)
MAILLAGE_MEDIA_INTERNE = env.str("MAILLAGE_MEDIA_INTERNE", default="")
# Bytes of a whole request, by beginning of path; the first that fits (portal.core.televersement).
MAILLAGE_CORPS_MAX: dict[str, int] = {"/admin/": 61 * 1024 * 1024, "": MAILLAGE_DOCUMENT_MAX + 1024 * 1024}
# Rows of one export; the file says when it is cut.
MAILLAGE_EXPORT_MAX = env.int("MAILLAGE_EXPORT_MAX", default=50_000)
MAILLAGE_CONTACT = env.str("MAILLAGE_CONTACT", default="")
# What somebody may see, read from the mandats (portal.core.querysets): the core knows no app.
MAILLAGE_DROITS = "portal.accounts.portee.read_portee"
# What the role of the web may do to a table, other than read, add, change and remove (portal.core.octrois).
MAILLAGE_OCTROIS = {
    # Written by the runs of the worker, which owns them, and by triggers.
    **dict.fromkeys(
        (
            *("pilotage_territoire", "pilotage_appartenance", "pilotage_passage", "pilotage_passageindicateur"),
            *("pilotage_mesure", "pilotage_modification"),
        ),
        "SELECT",
    ),
    "pilotage_objectif": "INSERT SELECT UPDATE",
    "django_migrations": "SELECT",
    "core_evenement": "INSERT SELECT",
    "core_scelle": "SELECT",
    "aides_actedossier": "INSERT SELECT",
    "aides_transition": "SELECT",
    "cpts_transition": "SELECT",
    "cpts_transitionmission": "SELECT",
    "cpts_actecpts": "INSERT SELECT",
    # The copies of the history are written by the triggers of their tables, in the name of who acts.
    "accounts_mandatevent": "INSERT SELECT",
    "accounts_organisationevent": "INSERT SELECT",
    "accounts_userevent": "INSERT SELECT",
    "aides_contratevent": "INSERT SELECT",
    "aides_demandeevent": "INSERT SELECT",
    "aides_echeanceevent": "INSERT SELECT",
    "aides_enveloppeevent": "INSERT SELECT",
    "cpts_rattachementevent": "INSERT SELECT",
    "cpts_cptsevent": "INSERT SELECT",
    "cpts_perimetreevent": "INSERT SELECT",
    "cpts_missionevent": "INSERT SELECT",
    "cpts_indicateurmissionevent": "INSERT SELECT",
    "cpts_membreevent": "INSERT SELECT",
    "cpts_reunionevent": "INSERT SELECT",
    "cpts_presenceevent": "INSERT SELECT",
    "cpts_exerciceacievent": "INSERT SELECT",
    "cpts_ligneacievent": "INSERT SELECT",
    "cpts_structureevent": "INSERT SELECT",
    "cpts_actestructure": "INSERT SELECT",
    "cpts_transitionstructure": "SELECT",
    "cpts_periodestructure": "SELECT",
    "cpts_equipierevent": "INSERT SELECT",
    "cpts_donneeterritoireevent": "INSERT SELECT",
    "prevention_actionpreventionevent": "INSERT SELECT",
    "prevention_campagneevent": "INSERT SELECT",
    "prevention_cibleevent": "INSERT SELECT",
    "prevention_objectifevent": "INSERT SELECT",
}
# What the key of a cached page holds: the core knows no app.
MAILLAGE_VERSION_DONNEES = "aides.versions.data_version"
# The sentence of « /travaux/ » that says what has been computed, and for which day.
MAILLAGE_ETAT_DONNEES = "aides.eligibilite.lecture.describe_jeu"
MAILLAGE_CHEMINS_GARDES = ("/aides/", "/communes/", "/zones/carte/")
# What else the kept pages of an address show: a function (day) -> version, read as seldom as that of the data.
MAILLAGE_VERSIONS_PAGES: dict[str, str] = {"/communes/": "prevention.fiche_commune.read_version"}
# Addresses that answer everybody alike: no session, user or message is looked for there.
MAILLAGE_CHEMINS_SANS_COMPTE = (
    "/api/v1/",
    *MAILLAGE_CHEMINS_GARDES,
    "/zones/",
    "/cpts/",
    "/structures/",
    "/prevention/",
    "/chiffres/",
    "/diagnostic/",
)
# People under which a figure of prevention is not shown to all, nor what would give it away (docs/prevention.md).
MAILLAGE_SEUIL_SECRET = env.int("MAILLAGE_SEUIL_SECRET", default=11)
# Readings of one calendar, same writing; empty: no limit.
MAILLAGE_AGENDA_LIMITE = env.str("MAILLAGE_AGENDA_LIMITE", default="60/h")
# Numbers of the Annuaire santé that one person may look for: a number per minute (m), hour (h) or day (d).
MAILLAGE_RATTACHEMENTS_LIMITE = env.str("MAILLAGE_RATTACHEMENTS_LIMITE", default="10/h")
