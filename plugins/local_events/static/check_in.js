// The check-in list without a network: presses are kept on the phone and sent when there is one again. Without this script
// each press is a form of its own. What is sent twice is kept once: every press carries a name that no other has.
(() => {
  "use strict";

  // A ticket's square was scanned: the page that it opened presses its own button.
  document.querySelector("form[data-at-once] button")?.click();

  const form = document.querySelector("form[data-check-in]");
  if (!form) return;
  const words = form.dataset;
  const status = document.querySelector("[data-status]");
  const problems = document.querySelector("[data-problems]");
  const search = document.getElementById("q");
  const KEY = `q.check-in.${words.event}`;
  const AGAIN = 15000;
  const PIECE = 200; // presses in one sending; the server takes 500
  const rows = [...form.querySelectorAll("[data-who]")];
  const rowOf = (kind, who) => rows.find((row) => row.dataset.who === `${kind} ${who}`);
  let running = false;
  let timer;

  const name = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  let device;
  let queue;
  const read = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");
  const write = () => localStorage.setItem(KEY, JSON.stringify(queue));
  try {
    device = localStorage.getItem("q.device") ?? name();
    localStorage.setItem("q.device", device);
    queue = read();
  } catch {
    status.textContent = words.noStore;
    return; // each press is a form of its own, as without this script
  }

  const time = (at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/London" });
  const standing = (row) => row.dataset.standing.split(" ").filter(Boolean);

  // How a row stands after a press; the server says the same when it has it.
  const show = (row, press) => {
    if (press.direction === "undo") row.dataset.standing = "";
    else row.dataset.standing = [...standing(row), press.nonce].join(" ");
    row.dataset.state = press.direction === "undo" ? "" : press.direction;
    for (const part of row.querySelectorAll("[data-when]")) {
      part.hidden = part.dataset.when !== row.dataset.state;
      const at = part.querySelector("[data-at]");
      if (at && !part.hidden) at.textContent = time(press.at);
    }
    for (const part of row.querySelectorAll("[data-unless]")) part.hidden = row.dataset.state === part.dataset.unless;
    for (const part of row.querySelectorAll("[data-any]")) part.hidden = !row.dataset.standing;
    row.querySelector("[data-waits]").hidden = false;
  };

  const count = (figure, by) => {
    const shown = document.querySelector(`[data-count=${figure}]`);
    shown.textContent = String(Number(shown.textContent) + by);
  };

  const say = () => {
    status.classList.remove("done");
    if (queue.length === 1) status.textContent = words.waitingOne;
    else if (queue.length) status.textContent = words.waiting.replace("{n}", String(queue.length));
  };

  const refuse = (press, why) => {
    const line = document.createElement("p");
    line.className = "err";
    line.textContent = words.refused.replace("{name}", press.name).replace("{why}", why);
    problems.append(line);
  };

  const keep = (press) => {
    queue = [...read(), press]; // another tab of this phone may have kept some too
    write();
    say();
    send();
  };

  const pressed = (direction, row) => {
    const [kind, who] = row.dataset.who.split(" ");
    const inside = row.dataset.state === "in";
    const press = { nonce: name(), direction, kind, who, at: Date.now(), undoes: direction === "undo" ? standing(row) : [], name: row.querySelector("h3").textContent };
    if (direction === "undo" && !press.undoes.length) return;
    show(row, press);
    if (direction === "in" && !inside) count("inside", 1);
    if (direction !== "in" && inside) count("inside", -1);
    keep(press);
  };

  // What the server said of some presses: they are done with, whether it kept them or not.
  const settle = (sent, told) => {
    const done = new Set(told.answers.map((answer) => answer.nonce));
    queue = read().filter((press) => !done.has(press.nonce));
    write();
    for (const answer of told.answers) {
      const press = sent.find((one) => one.nonce === answer.nonce);
      if (answer.problem && press) refuse(press, answer.problem);
    }
    for (const row of rows) {
      const [kind, who] = row.dataset.who.split(" ");
      row.querySelector("[data-waits]").hidden = !queue.some((press) => press.kind === kind && press.who === who);
    }
    if (!queue.length) {
      for (const [figure, number] of Object.entries(told.counts)) {
        const shown = document.querySelector(`[data-count=${figure}]`);
        if (shown) shown.textContent = String(number);
      }
      status.textContent = words.sent;
      status.classList.add("done");
    }
  };

  async function send() {
    clearTimeout(timer);
    if (running || !queue.length) return;
    running = true;
    let went = false;
    try {
      const piece = queue.slice(0, PIECE);
      const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, device, presses: JSON.stringify(piece) });
      const answer = await fetch(words.send, { method: "POST", body, headers: { Accept: "application/json" } });
      const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (answer.ok && told && !answer.redirected) {
        settle(piece, told);
        went = true;
      } else if (answer.status < 500) {
        status.textContent = told?.error ?? words.again; // kept: whoever loads the page again sends them
      }
    } catch {
      say(); // no network: they wait
    } finally {
      running = false;
    }
    if (queue.length) timer = setTimeout(send, went ? 0 : AGAIN);
  }

  form.addEventListener("submit", (event) => {
    const [direction, kind, who] = event.submitter?.value.split(" ") ?? [];
    const row = rowOf(kind, who);
    if (!row) return;
    event.preventDefault();
    pressed(direction, row);
  });

  // A typed code is looked up on the page; one that is not here is left to the server.
  const codes = document.querySelector("form[data-code-form]");
  codes?.addEventListener("submit", (event) => {
    const typed = codes.elements.code.value.toUpperCase().replace(/[IL]/g, "1").replaceAll("O", "0").replaceAll("U", "V").replace(/[^0-9A-Z]/g, "");
    const row = rows.find((one) => one.dataset.code && one.dataset.code === typed);
    if (!row) {
      if (navigator.onLine) return;
      event.preventDefault();
      status.textContent = codes.dataset.unknown;
      return;
    }
    event.preventDefault();
    if (row.dataset.state !== "in") pressed("in", row);
    codes.reset();
    row.scrollIntoView({ block: "center" });
  });

  // Without a network a name is kept here; with one the server adds it to the list.
  const walkIn = document.querySelector("form[data-walk-in]");
  walkIn?.addEventListener("submit", (event) => {
    const typed = walkIn.elements.name.value.trim();
    if (navigator.onLine || !typed) return;
    event.preventDefault();
    keep({ nonce: name(), direction: "in", kind: "walk_in", who: "", at: Date.now(), undoes: [], name: typed });
    count("walk_ins", 1);
    count("inside", 1);
    walkIn.reset();
  });

  // Searching looks through the page as somebody types.
  const none = form.querySelector("[data-none]");
  search?.addEventListener("input", () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    const code = wanted.toUpperCase().replace(/[^0-9A-Z]/g, "");
    let found = 0;
    for (const row of rows) {
      const { find, code: own } = row.dataset;
      row.hidden = !(find.toLocaleLowerCase().includes(wanted) || (own && code && own.startsWith(code)));
      found += Number(!row.hidden);
    }
    none.hidden = found > 0 || !rows.length;
  });

  // What an earlier page of this phone has kept.
  for (const press of queue) {
    const row = rowOf(press.kind, press.who);
    if (row) show(row, press);
  }
  say();
  send();
  addEventListener("online", send);
})();
