// Says beside each cost what the policy allows of it, while it is typed, and speaks the sum. Without it, the form's own button does the same.
(() => {
  "use strict";

  const form = document.querySelector("form[data-estimate]");
  if (!form) return;
  const PAUSE = 800; // after the last stroke
  const places = [...form.querySelectorAll("[data-estimate-row]")];
  const sum = form.querySelector("[data-estimate-sum]");
  let timer;
  let asking;

  // Only what changed is written: the sum is a live region, which reads out what is new, and nothing twice.
  const say = (place, words) => {
    if (place.textContent !== words) place.textContent = words;
  };

  async function ask() {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const body = new FormData(form);
    body.set("do", "check");
    let told;
    try {
      const answer = await fetch(location.href, { method: "POST", body, signal: mine.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      told = await answer.json();
    } catch {
      if (mine.signal.aborted) return; // a newer question is on its way, or the form
      for (const place of places) say(place, "");
      say(sum, form.dataset.unsure);
      return;
    }
    for (const place of places) say(place, told.rows[place.dataset.estimateRow] ?? "");
    say(sum, told.sum);
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    asking?.abort();
  });
})();
