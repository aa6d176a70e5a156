"""Nobody gains a right by oneself, and nobody gives what they do not hold: 2,000 acts at random by seven people.

What each may do is read from the rows by `read_pouvoirs`, without the code under test. `MAILLAGE_PAS_DROITS` asks for
more steps.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from portal.accounts import organisations
from portal.accounts.enums import Role, TypeOrganisation, TypePerimetre
from portal.accounts.invitations import (
    InvitationRefusee,
    accept_invitation,
    invite,
    invite_coediteur,
    revoke_invitation,
)
from portal.accounts.models import Invitation, Mandat, Organisation, User
from portal.accounts.organisations import (
    MandatRefuse,
    Proposition,
    end_mandat,
    grant_mandat,
    save_organisation,
    set_active,
)
from tests.people import make_commune, make_mandat, make_user

pytestmark = pytest.mark.django_db
PAS = 100
ACTES = ("grant", "invite", "invite_coediteur", "accept", "end", "organisation", "compte")
TOURS_MAX = 5
"""It plays again, with another seed, until each act was done and refused."""
TOTAL = int(os.environ.get("MAILLAGE_PAS_DROITS", "800"))
REGLAGES = settings(
    max_examples=TOTAL // PAS,
    stateful_step_count=PAS,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
DEPARTEMENTS = {"71": "27", "21": "27", "69": "84"}
GENS = ("ada27", "bob71", "eve27", "coordinatrice", "instructeur", "sans", "partie")
LIEUX = {
    "national": ("", ""),
    "region 27": ("27", ""),
    "region 84": ("84", ""),
    "dep 71": ("27", "71"),
    "dep 21": ("27", "21"),
    "dep 69": ("84", "69"),
}
PERIMETRES = [
    "national:",
    "region:27",
    "region:84",
    "departement:71",
    "departement:21",
    "departement:69",
    "cpts:C0",
    "cpts:C1",
]
RANG = st.integers(0, 30)


def spread(perimetre, code, organisation):
    """The elementary places of a perimeter: départements, « tout » for the country, the CPTS itself."""
    if perimetre == TypePerimetre.NATIONAL:
        return {"tout", *DEPARTEMENTS}
    if perimetre == TypePerimetre.REGION:
        return {f"region {code}", *(d for d, region in DEPARTEMENTS.items() if region == code)}
    return {code} if perimetre == TypePerimetre.DEPARTEMENT else {f"cpts {code}"}


def describe_places(organisation):
    """The perimeters of an organisation, as (kind, code)."""
    if organisation.type == "cpts":
        return {("cpts", organisation.code)}
    if organisation.departement_code:
        return {("departement", organisation.departement_code)}
    return {("region", organisation.region_code)} if organisation.region_code else {("national", "")}


def read_pouvoirs():
    """{person: {(role, place)}}, today or one day: an account closed or an organisation put aside gives nothing."""
    lus = {user.pk: set() for user in User.objects.all()}
    for mandat in Mandat.objects.select_related("organisation", "user"):
        fini = mandat.periode.upper is not None and mandat.periode.upper <= timezone.localdate()
        if fini or not mandat.organisation.active or not mandat.user.is_active:
            continue
        places = spread(mandat.perimetre, mandat.perimetre_code, mandat.organisation)
        lus[mandat.user_id] |= {(mandat.role, place) for place in places}
    return lus


class Droits(RuleBasedStateMachine):
    faits: Counter = Counter()
    refuses: Counter = Counter()
    pas = 0

    def __init__(self):
        super().__init__()
        self.tour = transaction.atomic()
        self.tour.__enter__()
        for departement in DEPARTEMENTS:
            make_commune(departement)
        self.organisations = [
            Organisation.objects.create(
                type=genre, nom=f"{genre} {nom}", region_code=lieu[0], departement_code=lieu[1]
            )
            for genre in (TypeOrganisation.ARS, TypeOrganisation.CPAM)
            for nom, lieu in LIEUX.items()
        ]
        self.organisations += [
            Organisation.objects.create(
                type="cpts", nom=f"CPTS {r}", code=f"C{r}", region_code="27", departement_code="71"
            )
            for r in range(2)
        ]
        self.gens = [make_user(f"{nom}@exemple.fr") for nom in GENS]
        ars = {(o.region_code, o.departement_code): o for o in self.organisations if o.type == "ars"}
        for rang, role, cle, organisation in (
            (0, Role.ADMINISTRATEUR, "region:27", ars["27", ""]),
            (1, Role.ADMINISTRATEUR, "departement:71", ars["27", "71"]),
            (2, Role.ADMINISTRATEUR, "region:27", ars["", ""]),
            (2, Role.LECTEUR, "region:27", ars["27", ""]),
            (3, Role.COORDINATEUR_CPTS, "cpts:C0", self.organisations[-2]),
            (4, Role.INSTRUCTEUR, "departement:71", ars["27", "71"]),
        ):
            make_mandat(self.gens[rang], role, cle, organisation=organisation)

    def teardown(self):
        transaction.set_rollback(True)
        self.tour.__exit__(None, None, None)

    def do(self, nom, par, acte):
        """`par` acts. What anybody gained must be within what `par` administers, and `par` gains nothing."""
        avant = read_pouvoirs()
        type(self).pas += 1
        try:
            with transaction.atomic():
                acte()
        except (MandatRefuse, InvitationRefusee):
            type(self).refuses[nom] += 1
            assert read_pouvoirs() == avant, "a refusal wrote"
            return
        type(self).faits[nom] += 1
        tenus = avant[par.pk]
        for personne, apres in read_pouvoirs().items():
            gagnes = apres - avant.get(personne, set())
            assert not (gagnes and personne == par.pk), f"{nom}: gained by oneself {gagnes}"
            for role, place in gagnes:
                assert ("administrateur", find_place(place)) in tenus or (role, place) in tenus & set(COORDINATIONS), (
                    f"{nom}: {role} {place} given by who holds {tenus}"
                )

    def pick(self, liste, rang):
        return liste[rang % len(liste)]

    def propose(self, rang, role, perimetre, decalage, duree):
        genre, _, code = perimetre.partition(":")
        debut = timezone.localdate() + timedelta(days=decalage)
        organisation = self.pick(self.organisations, rang)
        if rang % 2:  # one time in two, an organisation that can: else almost all would be refused
            genres = organisations.ORGANISATIONS_DE[role]
            tous = [o for o in self.organisations if o.type in genres]
            organisation = next((o for o in tous if (genre, code) in describe_places(o)), organisation)
        return Proposition(
            organisation, role, TypePerimetre(genre), code, debut,
            debut + timedelta(days=duree) if duree else None,
        )  # fmt: skip

    @rule(par=RANG, a=RANG, organisation=RANG, role=st.sampled_from(Role), perimetre=st.sampled_from(PERIMETRES),
          decalage=st.integers(0, 2), duree=st.integers(0, 3))  # fmt: skip
    def grant(self, par, a, organisation, role, perimetre, decalage, duree):
        par, user = self.pick(self.gens, par), self.pick(self.gens, a)
        proposition = self.propose(organisation, role, perimetre, decalage, duree)
        self.do("grant", par, lambda: grant_mandat(proposition, user=user, par=par))

    @rule(par=RANG, vers=RANG, organisation=RANG, role=st.sampled_from(Role), perimetre=st.sampled_from(PERIMETRES))
    def send(self, par, vers, organisation, role, perimetre):
        par, courriel = self.pick(self.gens, par), self.pick(self.gens, vers).email
        proposition = self.propose(organisation, role, perimetre, 0, 0)
        self.do("invite", par, lambda: invite(courriel, proposition, par=par))

    @rule(par=RANG, vers=RANG, rang=RANG)
    def send_to_write(self, par, vers, rang):
        par, courriel = self.pick(self.gens, par), self.pick(self.gens, vers).email
        organisation = self.organisations[-1 - rang % 2]
        self.do("invite_coediteur", par, lambda: invite_coediteur(courriel, organisation, par=par))

    @rule(qui=RANG, rang=RANG)
    def accept(self, qui, rang):
        """The giver is who invited: it is their rights of that day that count."""
        invitations = list(Invitation.objects.select_related("invite_par").order_by("pk"))
        if invitations:
            invitation, user = self.pick(invitations, rang), self.pick(self.gens, qui)
            if qui % 2:  # one time in two, who was invited: else almost all would be refused
                user = next((une for une in self.gens if une.email == invitation.courriel), user)
            user.refresh_from_db()
            self.do("accept", invitation.invite_par, lambda: accept_invitation(
                invitation, user=user, prenom="", nom="", mot_de_passe=None))  # fmt: skip

    @rule(par=RANG, rang=RANG)
    def revoke(self, par, rang):
        if invitations := list(Invitation.objects.order_by("pk")):
            par, invitation = self.pick(self.gens, par), self.pick(invitations, rang)
            self.do("revoke", par, lambda: revoke_invitation(invitation, par=par))

    @rule(par=RANG, rang=RANG, jours=st.integers(-1, 3))
    def end(self, par, rang, jours):
        par, mandat = self.pick(self.gens, par), self.pick(list(Mandat.objects.order_by("pk")), rang)
        le = timezone.localdate() + timedelta(days=jours)
        self.do("end", par, lambda: end_mandat(mandat, par=par, le=le))

    @rule(par=RANG, rang=RANG, lieu=st.sampled_from(sorted(LIEUX)), active=st.booleans(), bouge=st.booleans())
    def change(self, par, rang, lieu, active, bouge):
        par, connue = self.pick(self.gens, par), self.pick(self.organisations, rang)
        organisation = Organisation.objects.get(pk=connue.pk)
        organisation.active = active
        if bouge:
            organisation.region_code, organisation.departement_code = LIEUX[lieu]
        self.do("organisation", par, lambda: save_organisation(organisation, par=par))
        connue.refresh_from_db()

    @rule(par=RANG, rang=RANG, actif=st.booleans())
    def close(self, par, rang, actif):
        par, user = self.pick(self.gens, par), self.pick(self.gens, rang)
        user.refresh_from_db()
        self.do("compte", par, lambda: set_active(user, actif, par=par))


COORDINATIONS = [(Role.COORDINATEUR_CPTS.value, f"cpts C{rang}") for rang in range(2)]


def find_place(place):
    """Who administers a CPTS administers its département."""
    return "71" if place.startswith("cpts ") else place


def list_missing():
    return [nom for nom in ACTES if not (Droits.faits[nom] and Droits.refuses[nom])]


class TestMonotonie:
    def test_nobody_gains_a_right_by_oneself(self):
        Droits.pas = 0
        for tour in range(TOURS_MAX):
            run_state_machine_as_test(seed(tour)(Droits), settings=REGLAGES)
            if Droits.pas >= TOTAL and not list_missing():
                break
        assert Droits.pas >= TOTAL
        assert not list_missing(), f"never done, or never refused: {Droits.faits} {Droits.refuses}"

    @pytest.mark.parametrize("garde", ["_may_grant", "covers_organisation", "covers_person"])
    def test_the_control_loses_without_the_guard(self, monkeypatch, garde):
        """Each guard taken off is found out."""
        monkeypatch.setattr(organisations, garde, lambda *args: True)
        with pytest.raises(AssertionError, match=r"gained by oneself|given by who holds"):
            run_state_machine_as_test(Droits, settings=settings(REGLAGES, derandomize=True))


def test_the_reader_of_the_powers_reads_those_of_the_portal():
    """The two readings agree on somebody with one mandat."""
    make_commune("71")
    user = make_user()
    make_mandat(user, Role.LECTEUR, "departement:71")
    assert read_pouvoirs()[user.pk] == {("lecteur", "71")}
    assert user.has_perm("aides.view_demande")
