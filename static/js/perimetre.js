// The editor of a perimeter: each edit is sent and saved at once, and only what changes is drawn again.
// Without this file every form posts and loads its page, and the lists hold all that the map does.
const racine = document.querySelector("main");
const etat = document.querySelector("[data-perimetre-etat]");
let envoi = Promise.resolve();

racine.classList.add("m-script");

function say(texte) {
  if (etat) etat.textContent = texte.trim();
}

function editeur() {
  return document.getElementById("perimetre-editeur");
}

function replace(html) {
  const actif = document.activeElement?.id;
  const hauteurs = [...editeur().querySelectorAll(".m-defile--haut")].map((liste) => liste.scrollTop);
  const lu = new DOMParser().parseFromString(html, "text/html").getElementById("perimetre-editeur");
  if (!lu) throw new Error("réponse inattendue");
  editeur().replaceWith(lu);
  lu.querySelectorAll(".m-defile--haut").forEach((liste, rang) => {
    liste.scrollTop = hauteurs[rang] ?? 0;
  });
  for (const champ of document.querySelectorAll('input[name="version"]')) champ.value = lu.dataset.version;
  if (actif) document.getElementById(actif)?.focus({ preventScroll: true });
  say(lu.dataset.resume);
}

async function post(adresse, donnees) {
  editeur().classList.add("m-attend");
  try {
    const reponse = await fetch(adresse, {
      method: "POST",
      body: donnees,
      headers: { "X-Requested-With": "fetch" },
      credentials: "same-origin",
      redirect: "error",
    });
    if (![200, 409, 422].includes(reponse.status)) throw new Error(String(reponse.status));
    replace(await reponse.text());
  } catch {
    editeur().classList.remove("m-attend");
    say("La modification n’a pas pu être enregistrée. Vérifiez votre connexion, puis recommencez.");
  }
}

// One at a time: each edit carries the version that the one before gave.
function queue(adresse, build) {
  envoi = envoi.then(() => post(adresse, build()));
  return envoi;
}

function version() {
  return editeur().dataset.version;
}

// A form that loads its page waits for the edits under way, and takes the version that they gave.
function wait(evenement, formulaire) {
  if (!formulaire.elements.version || formulaire.dataset.pret) return;
  evenement.preventDefault();
  const bouton = evenement.submitter;
  const send = () => {
    formulaire.elements.version.value = version();
    formulaire.dataset.pret = "oui";
    formulaire.requestSubmit(bouton);
  };
  // In a task of its own: a form asked again while its event is fired is not sent.
  envoi.then(() => setTimeout(send));
}

document.addEventListener("submit", (evenement) => {
  const formulaire = evenement.target;
  if (!formulaire.matches("form[data-perimetre-acte]")) {
    wait(evenement, formulaire);
    return;
  }
  evenement.preventDefault();
  const donnees = new FormData(formulaire);
  queue(formulaire.action, () => {
    donnees.set("version", version());
    return donnees;
  });
});

document.addEventListener("click", (evenement) => {
  const commune = evenement.target.closest("[data-perimetre-carte] path[data-code]");
  const formulaire = document.querySelector("form[data-perimetre-note]");
  if (!commune || !formulaire) return;
  const code = commune.dataset.code;
  queue(formulaire.dataset.perimetreNote, () => {
    const donnees = new FormData();
    donnees.set("csrfmiddlewaretoken", formulaire.elements.csrfmiddlewaretoken.value);
    donnees.set("version", version());
    donnees.set("acte", "basculer");
    donnees.set("codes", code);
    return donnees;
  });
});

// The motive and the day are kept as they are typed.
document.addEventListener("change", (evenement) => {
  const formulaire = evenement.target.closest("form[data-perimetre-note]");
  if (!formulaire) return;
  queue(formulaire.dataset.perimetreNote, () => {
    const donnees = new FormData(formulaire);
    donnees.set("version", version());
    donnees.set("acte", "note");
    return donnees;
  });
});
