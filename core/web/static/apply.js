// Saves the answers of an application while somebody writes. Without it, the form's own button does the same.
(() => {
  "use strict";

  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const status = form.querySelector("[data-status]");
  const { saved, saving, unsaved, lost, ended } = form.dataset;
  const PAUSE = 1500; // after the last stroke
  const AGAIN = 5000; // after a save that failed
  const changed = new Set();
  let timer;
  let running = false;

  // What is not safe yet is told so that it is seen.
  const tell = (words, unsafe) => {
    status.textContent = words;
    status.classList.toggle("unsafe", unsafe);
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };

  // The answers that changed, each with the revision it was made from: what the page's own form would send.
  const body = (names) => {
    const all = new FormData(form);
    const data = new URLSearchParams({ csrf_token: all.get("csrf_token"), "since-page": all.get("since-page") });
    for (const name of names) {
      data.append(`rev-${name}`, all.get(`rev-${name}`));
      for (const value of all.getAll(name)) data.append(name, value);
    }
    return data;
  };

  async function save() {
    if (running || !changed.size) return;
    running = true;
    const names = [...changed];
    changed.clear();
    tell(saving, false);
    try {
      const answer = await fetch(form.action, { method: "POST", body: body(names), headers: { Accept: "application/json" } });
      if (answer.status === 403 || answer.status === 400) {
        for (const name of names) changed.add(name);
        tell(ended, true); // only pressing save goes on from here: it keeps every word
        return;
      }
      if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
      const told = await answer.json();
      if (told.error) throw new Error(told.error);
      form.elements["since-page"].value = told.since;
      for (const [name, revision] of Object.entries(told.revisions)) {
        // What was changed elsewhere keeps its old revision: pressing save then shows both.
        if (!told.lost.includes(name)) form.elements[`rev-${name}`].value = revision;
      }
      const time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      const clash = told.lost.length > 0;
      tell(clash ? lost : saved.replace("{time}", time), clash);
      if (changed.size) later(PAUSE);
    } catch {
      for (const name of names) changed.add(name);
      tell(unsaved, true);
      later(AGAIN);
    } finally {
      running = false;
    }
  }

  form.addEventListener("input", (event) => {
    const question = event.target.closest("[data-question]")?.dataset.question;
    if (!question) return;
    changed.add(question);
    later(PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    changed.clear();
  });
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
  addEventListener("beforeunload", (event) => {
    if (changed.size || running) event.preventDefault();
  });
})();
