// The user menu closes as menus do: on Escape, and when something else is clicked or focused.
// Without this script it opens and closes by its own button.
(function () {
  "use strict";

  function closeUnless(inside) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(inside)) {
        menu.open = false;
      }
    }
  }

  document.addEventListener("click", (event) => closeUnless(event.target));
  document.addEventListener("focusin", (event) => closeUnless(event.target));
  document.addEventListener("keydown", function (event) {
    const open = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
})();
