// What is kept in <template id="scripts">, in its order, once the page has been painted: none of it paints the page.

function start() {
  for (const garde of document.getElementById("scripts").content.children) {
    if (!garde.matches("script")) {
      document.getElementById(garde.id).replaceWith(document.importNode(garde, true)); // its place is kept, empty
    } else if (!garde.noModule) {
      const script = document.createElement("script"); // a script that is copied does not run
      for (const { name, value } of garde.attributes) script.setAttribute(name, value);
      script.async = false;
      document.body.append(script);
    }
  }
}

// The second frame: the first one is on the screen. A tab that is hidden draws none, and has nothing to wait for.
if (document.hidden) start();
else requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(start)));
