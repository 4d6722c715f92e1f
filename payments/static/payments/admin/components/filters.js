/* Filters above a list where a browser runs scripts. Everything works without: panels are <details>
   of a form, and before they are fetched (htmx) their headings are links to the page that has
   them. */
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

  // --- Panels are fetched when the first one is opened ----------------------------------------

  const filters = document.querySelector("form.filters");

  // Select2 gives its box no name: that of its label, and what is chosen.
  const nameBoxes = () => {
    filters.querySelectorAll(".select2-selection").forEach((box) => {
      const label = box.closest(".filter").querySelector("label");
      const chosen = box.querySelector(".select2-selection__rendered");
      label.id = `${chosen.id}-label`;
      chosen.setAttribute("aria-labelledby", label.id);
      box.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    });
  };

  // Django makes the boxes when its jQuery is ready, so this waits in the same line.
  django.jQuery(nameBoxes);

  document.addEventListener("htmx:afterSettle", (event) => {
    const panels = event.detail.target;
    if (!panels.matches(".filter-panels")) {
      return;
    }
    panels.querySelectorAll(".admin-autocomplete").forEach((select) => {
      django.jQuery(select).djangoAdminSelect2();
    });
    nameBoxes();
    panels.querySelector("details[open] > summary").focus();
  });

  // The page with the panels, where they can't be fetched.
  const follow = (event) => {
    if (event.detail.elt.matches(".opener")) {
      window.location.assign(event.detail.elt.href);
    }
  };

  document.addEventListener("htmx:responseError", follow);
  document.addEventListener("htmx:sendError", follow);

  // --- A period and single days exclude each other -------------------------------------------

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

  // Of panels that are closed there are hidden fields.
  const DATES = "[name=period]:is(:checked, [type=hidden]), [name=from], [name=to]";

  // An address with only what was chosen can be read and shared.
  filters.addEventListener("submit", () => {
    const dates = [...filters.querySelectorAll(DATES)];
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
})();
