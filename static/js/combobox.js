// Combobox of communes (WAI-ARIA 1.2, list autocomplete with manual selection).
// Without this file the field is a plain text field and the server asks to choose.
const DELAI = 150;
const MINIMUM = 2;

class Combobox {
  constructor(racine) {
    this.racine = racine;
    this.champ = racine.querySelector("input[type='text'], input[type='search']");
    this.code = racine.querySelector("input[type='hidden']");
    this.statut = racine.querySelector("[role='status']");
    this.liste = document.createElement("ul");
    this.liste.className = "m-combobox__liste";
    this.liste.id = `${this.champ.id}-liste`;
    this.liste.hidden = true;
    this.liste.setAttribute("role", "listbox");
    this.liste.setAttribute("aria-label", "Communes proposées");
    this.champ.after(this.liste);
    this.champ.setAttribute("role", "combobox");
    this.champ.setAttribute("aria-autocomplete", "list");
    this.champ.setAttribute("aria-expanded", "false");
    this.champ.setAttribute("aria-controls", this.liste.id);
    this.champ.setAttribute("autocomplete", "off");
    this.active = -1;
    this.choisi = this.champ.value;
    this.champ.addEventListener("input", () => this.type());
    this.champ.addEventListener("keydown", (evenement) => this.key(evenement));
    this.champ.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.liste.addEventListener("mousedown", (evenement) => evenement.preventDefault());
    this.liste.addEventListener("click", (evenement) => {
      const option = evenement.target.closest("[role='option']");
      if (option) this.choose(option);
    });
  }

  type() {
    if (this.champ.value !== this.choisi) this.code.value = "";
    clearTimeout(this.attente);
    const q = this.champ.value.trim();
    if (q.length < MINIMUM) {
      this.close();
      return;
    }
    this.attente = setTimeout(() => this.ask(q), DELAI);
  }

  async ask(q) {
    if (this.demande) this.demande.abort();
    this.demande = new AbortController();
    try {
      const adresse = `${this.racine.dataset.source}?q=${encodeURIComponent(q)}`;
      const reponse = await fetch(adresse, { signal: this.demande.signal, headers: { Accept: "application/json" } });
      if (!reponse.ok) throw new Error(String(reponse.status));
      this.show((await reponse.json()).propositions);
    } catch (erreur) {
      if (erreur.name === "AbortError") return;
      this.close();
      this.say("Les propositions ne sont pas disponibles. Validez : vous choisirez la commune à la page suivante.");
    }
  }

  show(propositions) {
    this.liste.replaceChildren(...propositions.map((proposition, rang) => this.option(proposition, rang)));
    this.active = -1;
    this.champ.removeAttribute("aria-activedescendant");
    const nombre = propositions.length;
    this.liste.hidden = nombre === 0;
    this.champ.setAttribute("aria-expanded", String(nombre > 0));
    if (nombre === 0) this.say("Aucune commune proposée.");
    else this.say(`${nombre} commune${nombre > 1 ? "s" : ""} proposée${nombre > 1 ? "s" : ""}. Flèches pour parcourir, Entrée pour choisir.`);
  }

  option(proposition, rang) {
    const option = document.createElement("li");
    option.id = `${this.liste.id}-${rang}`;
    option.className = "m-combobox__option";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.code = proposition.code;
    option.dataset.nom = proposition.nom;
    const detail = document.createElement("small");
    detail.textContent = proposition.detail;
    option.append(proposition.nom, detail);
    return option;
  }

  key(evenement) {
    const options = this.liste.hidden ? [] : [...this.liste.children];
    if (evenement.key === "ArrowDown" && !options.length) {
      this.type();
    } else if (evenement.key === "ArrowDown" || evenement.key === "ArrowUp") {
      const sens = evenement.key === "ArrowDown" ? 1 : -1;
      const depart = this.active < 0 && sens < 0 ? 0 : this.active;
      this.activate((depart + sens + options.length) % options.length);
    } else if (evenement.key === "Enter" && options.length && this.active >= 0) {
      this.choose(options[this.active]);
    } else if (evenement.key === "Escape" && options.length) {
      this.close();
    } else {
      return;
    }
    evenement.preventDefault();
  }

  activate(rang) {
    const options = [...this.liste.children];
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === rang)));
    this.active = rang;
    this.champ.setAttribute("aria-activedescendant", options[rang].id);
    options[rang].scrollIntoView({ block: "nearest" });
  }

  choose(option) {
    this.champ.value = option.dataset.nom;
    this.choisi = option.dataset.nom;
    this.code.value = option.dataset.code;
    this.close();
    this.say(`${option.dataset.nom} choisie.`);
    this.champ.focus();
  }

  close() {
    clearTimeout(this.attente);
    this.liste.hidden = true;
    this.active = -1;
    this.champ.setAttribute("aria-expanded", "false");
    this.champ.removeAttribute("aria-activedescendant");
  }

  say(texte) {
    this.statut.textContent = texte;
  }
}

function start(racine) {
  for (const element of racine.querySelectorAll("[data-combobox]:not([data-pret])")) {
    element.dataset.pret = "";
    new Combobox(element);
  }
}

start(document);
document.addEventListener("htmx:load", (evenement) => start(evenement.target));
