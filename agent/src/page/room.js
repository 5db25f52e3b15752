// Keeps the room's page up to date. All that it shows is made by the room's own service; here parts are only put in their places, and
// taken for lost when nobody sends any more.
'use strict';

const live = document.getElementById('live');
const lost = document.getElementById('lost');
const said = document.getElementById('said');

// ---- Whether what is shown still counts ----

// Two clocks: one stops while the machine sleeps, the other may be set. Whichever says that more time has passed is believed.
const clock = () => ({ steady: performance.now(), wall: Date.now() });
const since = (then) => Math.max(performance.now() - then.steady, Date.now() - then.wall);

// The service sends something every five seconds.
const SILENCE = 15000;
// A connection that ends is opened anew at once; one that was broken for so long is not.
const BROKEN = 4000;

let heard = clock();
let broken = null;
let lasts = shownFor();

function shownFor() {
  const left = document.getElementById('verdict').dataset.lasts;
  return left === undefined ? Infinity : Number(left);
}

function look() {
  const isLost = Boolean(since(heard) > SILENCE || since(heard) > lasts || (broken && since(broken) > BROKEN));
  if (isLost === !lost.hidden) return;
  lost.hidden = !isLost;
  live.classList.toggle('old', isLost);
  name();
}

function name() {
  document.title = (lost.hidden ? document.getElementById('verdict') : lost).dataset.title;
}

setInterval(look, 500);
for (const event of ['visibilitychange', 'focus', 'pageshow']) addEventListener(event, look);

// ---- News ----

let source;

function listen() {
  source = new EventSource(live.dataset.events);
  source.addEventListener('parts', (event) => {
    const page = new DOMParser().parseFromString(event.data, 'text/html');
    for (const part of page.body.children) {
      const shown = document.getElementById(part.id);
      if (shown) morph(shown, part);
    }
    [heard, broken, lasts] = [clock(), null, shownFor()];
    look();
    name();
  });
  source.addEventListener('level', (event) => {
    const bar = document.getElementById('level');
    if (bar) bar.value = Number(event.data);
  });
  source.addEventListener('error', () => { broken = broken || clock(); });
}

// A browser gives up where it is answered with a refusal.
setInterval(() => { if (source.readyState === EventSource.CLOSED) { source.close(); listen(); } }, 2000);
listen();

// Makes `shown` like `part` and leaves alone what is so already: where the focus is, what was typed, what was unfolded.
function morph(shown, part) {
  for (const { name } of [...shown.attributes]) {
    if (!part.hasAttribute(name) && name !== 'open') shown.removeAttribute(name);
  }
  for (const { name, value } of part.attributes) {
    if (shown.getAttribute(name) !== value && name !== 'open') shown.setAttribute(name, value);
  }
  let next = shown.firstChild;
  for (const child of [...part.childNodes]) {
    // One that is told by its name may stand further down.
    if (child.id) {
      const same = [...shown.children].find((it) => it.id === child.id);
      if (same && same !== next) shown.insertBefore(same, next), next = same;
    }
    if (next && next.nodeName === child.nodeName && (next.id || '') === (child.id || '')) {
      if (next.nodeType === Node.ELEMENT_NODE) morph(next, child);
      else if (next.data !== child.data) next.data = child.data;
      next = next.nextSibling;
    } else {
      shown.insertBefore(document.importNode(child, true), next);
    }
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

// ---- What a person asks for ----

document.addEventListener('submit', async (event) => {
  const { target: form, submitter } = event;
  event.preventDefault();
  if (submitter && submitter.getAttribute('aria-disabled')) return;
  const body = new URLSearchParams(new FormData(form));
  if (submitter && submitter.name) body.set(submitter.name, submitter.value);
  const post = () => fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' } });
  let words = '';
  try {
    let answer = await post();
    if (answer.status === 403) {
      // The service was started anew, and does not know this page yet.
      await fetch('/');
      answer = await post();
    }
    if (!answer.ok) words = (await answer.json()).detail;
  } catch {
    words = lost.querySelector('p').textContent;
  }
  said.hidden = words === '';
  said.textContent = words;
});
