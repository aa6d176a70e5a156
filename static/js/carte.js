// The interactive map. The page already holds a drawing and a table: this only adds zoom and pan, when asked for.
// MapLibre (about 450 kB once compressed) is fetched on demand on the map page, and when the map comes into view on the
// page of a commune; never when the reader asked to save data.

const FRANCAIS = {
  "AttributionControl.ToggleAttribution": "Afficher les sources",
  "CooperativeGesturesHandler.MacHelpText": "Utilisez ⌘ et la molette pour zoomer",
  "CooperativeGesturesHandler.MobileHelpText": "Utilisez deux doigts pour déplacer la carte",
  "CooperativeGesturesHandler.WindowsHelpText": "Utilisez Ctrl et la molette pour zoomer",
  "Map.Title": "Carte interactive : flèches pour déplacer, plus et moins pour zoomer. Le tableau donne les mêmes données.",
  "NavigationControl.ResetBearing": "Remettre le nord en haut",
  "NavigationControl.ZoomIn": "Zoomer",
  "NavigationControl.ZoomOut": "Dézoomer",
  "Popup.Close": "Fermer",
};
const SOURCES = "Contours : IGN, INSEE";
const CONTEXTE = { couleur: "#f6f6f6", motif: "plein", encre: "#161616" };
const MEMOIRE = "maillage-carte";
const COTE = 16;

const figure = document.querySelector("figure[data-carte]");
const cadre = figure?.querySelector("[data-carte-cadre]");

function remember() {
  try { sessionStorage.setItem(MEMOIRE, "vive"); } catch { /* private browsing: asked again on the next page */ }
}

function wanted() {
  try { return sessionStorage.getItem(MEMOIRE) === "vive"; } catch { return false; }
}

function savesData() {
  const liaison = navigator.connection;
  return Boolean(liaison && (liaison.saveData || /(^|-)2g$/.test(liaison.effectiveType || "")));
}

async function readJson(adresse) {
  const reponse = await fetch(adresse);
  if (!reponse.ok) throw new Error(`${adresse} : ${reponse.status}`);
  return reponse.json();
}

// The motif of a class, drawn pixel by pixel: the same as the patterns of the page, readable without colour.
function drawMotif({ couleur, motif, encre }) {
  const data = new Uint8Array(COTE * COTE * 4);
  const parse = (teinte) => [1, 3, 5].map((debut) => parseInt(teinte.slice(debut, debut + 2), 16));
  const fond = parse(couleur);
  const trait = parse(encre).map((valeur, rang) => 0.6 * valeur + 0.4 * fond[rang]);
  const marks = {
    diagonale: (x, y) => (x + y) % 8 < 2,
    points: (x, y) => (x % 8 >= 2 && x % 8 <= 4) && (y % 8 >= 2 && y % 8 <= 4),
    horizontale: (x, y) => y % 8 < 2,
    verticale: (x) => x % 8 < 2,
    croix: (x, y) => (x + y) % COTE < 2 || (x - y + COTE) % COTE < 2,
  };
  const mark = marks[motif] || (() => false);
  for (let y = 0; y < COTE; y += 1) {
    for (let x = 0; x < COTE; x += 1) {
      data.set([...(mark(x, y) ? trait : fond), 255], 4 * (y * COTE + x));
    }
  }
  return { width: COTE, height: COTE, data };
}

function bounds(features) {
  let [ouest, sud, est, nord] = [180, 90, -180, -90];
  const visit = (coordonnees) => {
    if (typeof coordonnees[0] === "number") {
      ouest = Math.min(ouest, coordonnees[0]); est = Math.max(est, coordonnees[0]);
      sud = Math.min(sud, coordonnees[1]); nord = Math.max(nord, coordonnees[1]);
    } else coordonnees.forEach(visit);
  };
  features.forEach((feature) => visit(feature.geometry.coordinates));
  return [[ouest, sud], [est, nord]];
}

function link(code) {
  if (figure.dataset.carte === "france") return figure.dataset.lienDepartement.replace("CODE", code);
  return (figure.dataset.lienCommune || "/communes/00000/").replace("00000", code);
}

function describe(feature, donnees) {
  const { code, nom, classe } = feature.properties;
  const parts = donnees.parts?.[code];
  if (!parts) return `${nom} : ${donnees.classes[classe]?.libelle ?? "sans classement connu"}`;
  const texte = donnees.classes
    .map((entree, rang) => [entree.libelle, parts[rang]])
    .filter(([, part]) => part > 0)
    .map(([libelle, part]) => `${libelle} ${part.toLocaleString("fr-FR")} %`);
  return `${nom} : ${texte.join(", ")}`;
}

function popupContent(feature, donnees) {
  const bloc = document.createElement("div");
  const phrase = document.createElement("p");
  phrase.textContent = describe(feature, donnees);
  const lien = document.createElement("a");
  lien.href = link(feature.properties.code);
  lien.textContent = figure.dataset.carte === "france" ? "Voir ses communes" : "Ouvrir la fiche de la commune";
  bloc.append(phrase, lien);
  return bloc;
}

async function load() {
  const adresses = figure.dataset.contours.split(" ").filter(Boolean);
  const local = figure.dataset.donnees && document.getElementById(figure.dataset.donnees);
  const [maplibre, donnees, ...fichiers] = await Promise.all([
    import(figure.dataset.module),
    local ? JSON.parse(local.textContent) : readJson(figure.dataset.valeurs),
    ...adresses.map(readJson),
  ]);
  const features = fichiers.flatMap((fichier, rang) => fichier.features.filter((feature) => (
    feature.properties.code in donnees.valeurs || (donnees.ici && !adresses[rang].includes("arrondissements"))
  )));
  for (const feature of features) {
    const classe = donnees.valeurs[feature.properties.code];
    feature.properties.classe = classe ?? -1;
    feature.properties.motif = classe === undefined ? "contexte" : donnees.classes[classe].code;
  }
  return { maplibre, donnees, features };
}

function addStyles() {
  if (document.querySelector("link[data-carte-styles]")) return Promise.resolve();
  const lien = document.createElement("link");
  lien.rel = "stylesheet";
  lien.href = figure.dataset.styles;
  lien.dataset.carteStyles = "";
  return new Promise((resolve, reject) => {
    lien.addEventListener("load", resolve);
    lien.addEventListener("error", () => reject(new Error("feuille de style")));
    document.head.append(lien);
  });
}

function styleOf(features) {
  return {
    version: 8,
    sources: { formes: { type: "geojson", data: { type: "FeatureCollection", features }, attribution: SOURCES, generateId: true } },
    layers: [{ id: "fond", type: "background", paint: { "background-color": "#e8edff" } }],
  };
}

function addLayers(carte, donnees) {
  for (const classe of donnees.classes) carte.addImage(classe.code, drawMotif(classe), { pixelRatio: 2 });
  carte.addImage("contexte", drawMotif(CONTEXTE), { pixelRatio: 2 });
  carte.addLayer({ id: "classes", type: "fill", source: "formes", paint: { "fill-pattern": ["get", "motif"] } });
  carte.addLayer({ id: "bords", type: "line", source: "formes", paint: { "line-color": "#949494", "line-width": 0.6 } });
  carte.addLayer({
    id: "survol", type: "line", source: "formes", filter: ["==", ["get", "code"], ""],
    paint: { "line-color": "#000091", "line-width": 3 },
  });
  if (donnees.ici) {
    carte.addLayer({
      id: "ici", type: "line", source: "formes", filter: ["==", ["get", "code"], donnees.ici],
      paint: { "line-color": "#161616", "line-width": 3.5 },
    });
  }
}

function listen(carte, maplibre, donnees) {
  // Follows the pointer, so it is not announced: the popup and the table say the same to everyone.
  const survol = document.createElement("p");
  survol.className = "m-carte__etat fr-text--sm";
  survol.setAttribute("aria-hidden", "true");
  cadre.after(survol);
  carte.on("mousemove", "classes", (evenement) => {
    const [feature] = evenement.features;
    carte.setFilter("survol", ["==", ["get", "code"], feature.properties.code]);
    carte.getCanvas().style.cursor = "pointer";
    survol.textContent = describe(feature, donnees);
  });
  carte.on("mouseleave", "classes", () => {
    carte.setFilter("survol", ["==", ["get", "code"], ""]);
    carte.getCanvas().style.cursor = "";
  });
  carte.on("click", "classes", (evenement) => {
    const [feature] = evenement.features;
    new maplibre.Popup({ maxWidth: "18rem" }).setLngLat(evenement.lngLat).setDOMContent(popupContent(feature, donnees)).addTo(carte);
  });
}

function focusBounds(features, donnees) {
  const proches = features.filter((feature) => feature.properties.code in donnees.valeurs);
  if (figure.dataset.carte !== "france") return bounds(proches.length ? proches : features);
  return [[-5.3, 41.2], [9.7, 51.2]];
}

// The drawing stays until the first frame of the map is there: nothing blinks, and a failure leaves the page as it was.
async function activate(etat) {
  etat.textContent = "Chargement de la carte interactive…";
  const [{ maplibre, donnees, features }] = await Promise.all([load(), addStyles()]);
  maplibre.setWorkerUrl(figure.dataset.worker);
  const vive = document.createElement("div");
  vive.className = "m-carte__vive";
  cadre.classList.add("m-carte__cadre--vive");
  cadre.append(vive);
  const dessin = cadre.querySelector("[data-carte-dessin]");
  const carte = new maplibre.Map({
    container: vive, style: styleOf(features), locale: FRANCAIS, bounds: focusBounds(features, donnees),
    fitBoundsOptions: { padding: 12 }, dragRotate: false, pitchWithRotate: false, touchPitch: false,
    cooperativeGestures: true, attributionControl: { compact: true }, maxZoom: 13, renderWorldCopies: false, fadeDuration: 0,
  });
  carte.touchZoomRotate.disableRotation();
  carte.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  await new Promise((resolve, reject) => {
    carte.once("error", (evenement) => reject(evenement.error));
    carte.once("load", () => { addLayers(carte, donnees); carte.once("idle", resolve); });
  });
  dessin.toggleAttribute("hidden", true);
  listen(carte, maplibre, donnees);
  etat.textContent = "";
  figure.dataset.prete = "";
}

function restore(etat, bouton) {
  cadre.querySelector(".m-carte__vive")?.remove();
  cadre.classList.remove("m-carte__cadre--vive");
  cadre.querySelector("[data-carte-dessin]").toggleAttribute("hidden", false);
  etat.textContent = "La carte interactive n’a pas pu être chargée ; le dessin et le tableau restent à jour. Vous pouvez réessayer.";
  bouton.disabled = false;
  bouton.hidden = false;
}

function prepare() {
  const etat = document.createElement("p");
  etat.className = "m-carte__etat fr-text--sm";
  etat.setAttribute("aria-live", "polite");
  const bouton = document.createElement("button");
  bouton.type = "button";
  bouton.className = "fr-btn fr-btn--sm fr-btn--secondary fr-mt-1w m-carte__activer m-ecran";
  bouton.textContent = "Activer la carte interactive";
  const start = () => {
    bouton.disabled = true;
    activate(etat).then(() => { bouton.hidden = true; }, (erreur) => { console.error(erreur); restore(etat, bouton); });
  };
  bouton.addEventListener("click", () => { remember(); start(); });
  cadre.after(bouton, etat);
  if (savesData() || !(wanted() || "auto" in figure.dataset)) return;
  const watch = new IntersectionObserver((entrees) => {
    if (!entrees.some((entree) => entree.isIntersecting)) return;
    watch.disconnect();
    (window.requestIdleCallback || setTimeout)(start);
  });
  const observe = () => watch.observe(cadre);
  if (document.readyState === "complete") observe(); else window.addEventListener("load", observe, { once: true });
}

function preparePrint() {
  const bouton = document.querySelector("[data-imprimer]");
  if (bouton) {
    bouton.hidden = false;
    bouton.addEventListener("click", () => window.print());
  }
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("main details:not([open])")) {
      details.open = true;
      details.dataset.rouvrir = "";
    }
  });
  window.addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll("main details[data-rouvrir]")) {
      details.open = false;
      delete details.dataset.rouvrir;
    }
  });
}

if (cadre) prepare();
preparePrint();
