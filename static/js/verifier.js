// After a partial replacement by htmx: the focus goes to what is new, and the page title follows.
document.addEventListener("htmx:afterSettle", (evenement) => {
  const cible = document.querySelector("[data-focus]");
  if (cible) cible.focus();
  const titre = evenement.detail.elt?.closest("[data-titre]") ?? document.querySelector("[data-titre]");
  if (titre) document.title = titre.dataset.titre;
});

for (const bouton of document.querySelectorAll("[data-copie]")) {
  bouton.hidden = false;
  bouton.addEventListener("click", async () => {
    const statut = document.getElementById(bouton.dataset.copie);
    try {
      await navigator.clipboard.writeText(window.location.href);
      statut.textContent = "Lien copié.";
    } catch {
      statut.textContent = "Copie refusée par le navigateur : copiez l’adresse de la page.";
    }
  });
}
for (const bouton of document.querySelectorAll("[data-imprime]")) {
  bouton.hidden = false;
  bouton.addEventListener("click", () => window.print());
}
