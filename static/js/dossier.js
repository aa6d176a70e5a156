// A draft is saved while it is written: at most every 15 seconds of change, and when the page is left.
// Nothing is needed from here: each section has its own button.
const PAUSE = 15000;
const formulaire = document.querySelector("[data-brouillon]");
const etat = document.getElementById("etat-brouillon");

if (formulaire && etat) {
  let attente = 0;
  let modifie = false;
  let arrete = false;
  let cours = null;

  const dire = (texte) => {
    etat.textContent = texte;
  };

  const donnees = () => {
    const lues = new FormData(formulaire);
    lues.delete("fichier");
    return lues;
  };

  const lire = async (reponse) => {
    const type = reponse.headers.get("Content-Type") ?? "";
    return type.startsWith("application/json") ? reponse.json() : {};
  };

  const enregistrer = async () => {
    attente = 0;
    if (!modifie || arrete) return;
    modifie = false;
    try {
      const reponse = await fetch(formulaire.action, {
        method: "POST",
        body: donnees(),
        headers: { "X-Maillage": "enregistrement" },
        redirect: "manual",
      });
      const corps = await lire(reponse);
      if (reponse.ok && corps.version) {
        formulaire.elements.version.value = corps.version;
        dire(`Enregistré à ${corps.le}.`);
      } else if (reponse.status === 422 && corps.erreurs) {
        modifie = true;
        dire(`Pas encore enregistré. ${Object.values(corps.erreurs)[0]}`);
      } else if (reponse.status === 409) {
        arrete = true;
        dire(`${corps.refus} L’enregistrement automatique est arrêté : utilisez « Enregistrer le brouillon ».`);
      } else {
        arrete = true;
        dire("Votre session a pris fin ou le portail ne répond pas : copiez ce que vous venez d’écrire, puis reconnectez-vous.");
      }
    } catch {
      modifie = true;
      dire("Pas encore enregistré : la connexion au portail est coupée. Nouvel essai à la prochaine modification.");
    }
  };

  const suivre = () => {
    cours = (cours ?? Promise.resolve()).then(enregistrer);
    return cours;
  };

  formulaire.addEventListener("input", (evenement) => {
    if (evenement.target.type === "file") return;
    modifie = true;
    if (!attente) attente = window.setTimeout(suivre, PAUSE);
  });
  // A saving under way would make the form that is being sent stale: it is waited for first.
  formulaire.addEventListener("submit", (evenement) => {
    window.clearTimeout(attente);
    modifie = false;
    if (!cours) return;
    const bouton = evenement.submitter;
    evenement.preventDefault();
    cours.then(() => {
      cours = null;
      formulaire.requestSubmit(bouton);
    });
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && modifie) suivre();
  });
}
