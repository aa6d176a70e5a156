// The form of a local scheme: each row shows only the fields that its type reads. Without scripts all are shown.
const FAIT = ["est", "parmi", "au_moins", "au_plus", "plus_de", "moins_de", "mois_au_moins", "mois_moins_de"];
const GROUPES = ["tous", "un_de", "non"];
const MONTANTS = {
  forfait: ["montant"],
  jusqu_a: ["montant"],
  par_zone: ["detail"],
  par_tranche: ["fait", "detail"],
  par_choix: ["fait", "detail"],
  par_unite: ["montant", "second", "fait"],
  pourcentage: ["montant", "second", "fait"],
  a_preciser: ["detail"],
  par_parametre: ["fait", "detail"],
};

function condition(type) {
  if (type === "voir") return ["valeur"];
  if (GROUPES.includes(type)) return ["libelle"];
  if (type === "a_instruire") return ["valeur", "libelle", "reference"];
  const lus = ["valeur", "libelle", "reference", "raison"];
  return FAIT.includes(type) ? ["fait", ...lus] : lus;
}

function show(ligne) {
  const type = ligne.querySelector('select[name$="-type"]');
  if (!type) return;
  const montant = ligne.querySelector('[data-champ="periodicite"]') !== null;
  const caches = montant ? ["montant", "second", "fait", "detail"] : ["fait", "valeur", "libelle", "reference", "raison"];
  const lus = montant ? MONTANTS[type.value] ?? caches : condition(type.value);
  for (const nom of caches) {
    const champ = ligne.querySelector(`[data-champ="${nom}"]`);
    if (champ) champ.hidden = type.value !== "" && !lus.includes(nom);
  }
}

for (const ligne of document.querySelectorAll("[data-ligne]")) {
  show(ligne);
  ligne.addEventListener("change", () => show(ligne));
}
