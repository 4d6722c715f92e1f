/* Filters above a list where a browser runs scripts. Everything works without: panels are <details>
   of a form. */
"use strict";

(() => {
  // --- Panels: one open at a time, Escape or a click elsewhere closes ------------------------

  const open = () => document.querySelectorAll("details.popover[open]");

  const closeAll = (except) => {
    open().forEach((panel) => {
      if (panel !== except) {
        panel.open = false;
      }
    });
  };

  document.addEventListener("click", (event) => {
    // A list of customers opens at the end of the page, outside its panel.
    if (event.target.isConnected && !event.target.closest(".select2-container")) {
      closeAll(event.target.closest("details.popover"));
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      return;
    }
    open().forEach((panel) => {
      panel.open = false;
      panel.querySelector("summary").focus();
    });
  });

  // --- A period and single days exclude each other -------------------------------------------

  const filters = document.querySelector("form.filters");

  filters.addEventListener("change", (event) => {
    const days = filters.querySelectorAll("[name=from], [name=to]");
    if (event.target.name === "period" && event.target.value) {
      days.forEach((day) => {
        day.value = "";
      });
    } else if (event.target.type === "date") {
      filters.querySelector("[name=period][value='']").checked = true;
    }
  });

  // An address with only what was chosen can be read and shared.
  filters.addEventListener("submit", () => {
    const dates = [...filters.querySelectorAll("[name=period]:checked, [type=date]")];
    const dated = dates.some((field) => field.value);
    filters.querySelectorAll("[name]").forEach((field) => {
      field.disabled = !field.value || (field.name === "basis" && !dated);
    });
  });

  window.addEventListener("pageshow", () => {
    filters.querySelectorAll("[name]:disabled").forEach((field) => {
      field.disabled = false;
    });
  });

  // Select2 gives its box no name: that of its label, and what is chosen. Django makes the box when
  // its jQuery is ready, so this waits in the same line.
  django.jQuery(() => {
    filters.querySelectorAll(".select2-selection").forEach((box) => {
      const label = box.closest(".filter").querySelector("label");
      const chosen = box.querySelector(".select2-selection__rendered");
      label.id = `${chosen.id}-label`;
      chosen.setAttribute("aria-labelledby", label.id);
      box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    });
  });
})();
