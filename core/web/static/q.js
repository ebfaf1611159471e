// Makes pages pleasanter, never possible: everything works without it.
(() => {
  "use strict";

  // After a form came back with errors, reading goes on at the list of them.
  document.querySelector(".problem[role=alert]")?.focus();

  // How many characters or words are left. It is shown at every stroke and spoken once the typing pauses. Words are
  // counted as the server counts them: what stands between white space and holds a letter or a digit.
  const characters = (text) => [...text.replaceAll("\n", "\r\n")].length;
  const words = (text) => text.split(/[\s\u200b]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  for (const input of document.querySelectorAll("[data-limit], [data-words]")) {
    const shown = document.getElementById(`${input.id}-count`);
    if (!shown) continue;
    const spoken = document.createElement("span");
    spoken.className = "hide";
    spoken.setAttribute("aria-live", "polite");
    shown.after(spoken);
    let pause;
    const show = () => {
      const { limit, words: most } = input.dataset;
      const left = most ? Number(most) - words(input.value) : Number(limit) - characters(input.value);
      const said = left < 0 ? shown.dataset.over : shown.dataset.left;
      shown.textContent = said.replace("{n}", String(Math.abs(left)));
      shown.classList.toggle("err", left < 0);
    };
    input.addEventListener("input", () => {
      show();
      clearTimeout(pause);
      pause = setTimeout(() => { spoken.textContent = shown.textContent; }, 1000);
    });
    show();
  }

  // A second press of the same button sends nothing. The server has its own guard; this one spares the wait.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (Date.now() - (sent.get(form) ?? 0) < 8000) {
      event.preventDefault();
      return;
    }
    sent.set(form, Date.now());
    event.submitter?.setAttribute("aria-disabled", "true");
    setTimeout(() => event.submitter?.removeAttribute("aria-disabled"), 8000);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.forms) sent.delete(form);
    for (const button of document.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
  });

  // Where links stand in a row that scrolls, the one for this page is in sight.
  for (const current of document.querySelectorAll(".tabs [aria-current], .side [aria-current]")) {
    const row = current.closest(".tabs, .side ul");
    const [place, link] = [row.getBoundingClientRect(), current.getBoundingClientRect()];
    row.scrollLeft += link.left - place.left - (place.width - link.width) / 2;
  }

  // Small menus close with Escape and when the focus or a press goes elsewhere.
  const menus = "details.drop-down, details.menu";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest(`:is(${menus})[open]`);
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  for (const kind of ["click", "focusin"]) {
    document.addEventListener(kind, (event) => {
      for (const menu of document.querySelectorAll("details.drop-down[open]")) {
        if (!menu.contains(event.target)) menu.open = false;
      }
    });
  }
})();
