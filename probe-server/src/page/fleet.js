// Keeps a page current: asks for it again, and takes over the parts of it that change. What can't be asked for any more is shown as
// not known: an old state must not be taken for a new one.
"use strict";

const EVERY = 15_000;
const PATIENCE = 10_000;
const STOPS = "a[href], summary, button, input, select";

const lost = document.getElementById("lost");
let answered = Date.now();

async function refresh() {
  try {
    const answer = await fetch(location.href, {
      headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(PATIENCE),
    });
    // The session is over: where a token is shown, it is said.
    if (answer.redirected) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    answered = Date.now();
    found();
  } catch {
    lose();
  }
}

function take(page) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.innerHTML === part.innerHTML) continue;
    const open = [...part.querySelectorAll("details")].map((it) => it.open);
    const at = [...part.querySelectorAll(STOPS)].indexOf(document.activeElement);
    const href = at < 0 ? null : document.activeElement.getAttribute("href");
    part.replaceChildren(...fresh.childNodes);
    part.querySelectorAll("details").forEach((it, index) => { it.open = open[index] ?? false; });
    // Whoever goes by keyboard stays where they were.
    if (at < 0) continue;
    const there = href ? part.querySelector(`a[href="${CSS.escape(href)}"]`) : part.querySelectorAll(STOPS)[at];
    there?.focus({ preventScroll: true });
  }
}

function found() {
  lost.hidden = true;
  document.body.classList.remove("lost");
  tell();
}

function lose() {
  if (lost.hidden) {
    lost.textContent = lost.dataset.lost;
    lost.hidden = false;
  }
  document.body.classList.add("lost");
  for (const state of document.querySelectorAll(".badge, [data-state]")) {
    state.className = "badge unknown";
    state.textContent = lost.dataset.unknown;
  }
  for (const light of document.querySelectorAll(".light")) {
    light.querySelectorAll(".lit").forEach((lamp) => lamp.classList.remove("lit"));
    light.querySelector(".unknown").classList.add("lit");
    light.setAttribute("aria-label", lost.dataset.unknown);
  }
  for (const much of document.querySelectorAll(".much")) much.textContent = "–";
  tell();
}

// How old what is shown is.
function tell() {
  const age = document.querySelector(".asof .age");
  if (age) age.textContent = lost.dataset.ago.replace("{}", Math.round((Date.now() - answered) / 1000));
}

setInterval(refresh, EVERY);
setInterval(tell, 1000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  // A machine that slept, or a page that was left for long.
  if (Date.now() - answered > 2 * EVERY) lose();
  refresh();
});
