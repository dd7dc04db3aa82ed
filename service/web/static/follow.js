// Follows a report: asks what has moved since and takes over only that, so that what somebody is typing stays.
"use strict";

// While documents are being written the answer itself waits for news, so that they are seen when they are there.
const WAIT_S = 15;
const FIRST_MS = 50;
const SLOWEST_MS = 2_000;
// Once all is written only what other people do can be new.
const IDLE_MS = 8_000;
const IDLEST_MS = 60_000;

const moving = document.getElementById("moving");
const isFinal = () => moving.dataset.final === "true";
let pause = isFinal() ? IDLE_MS : FIRST_MS;
let asking = new AbortController();

function show(id, isShown) {
  document.getElementById(id).hidden = !isShown;
}

function replace(old, fresh) {
  const hadFocus = old.contains(document.activeElement) && document.activeElement !== document.body;
  if (old.getAttribute("role") === "status") {
    // A region that is read out must stay itself for its new words to be read out.
    old.className = fresh.className;
    old.innerHTML = fresh.innerHTML;
  } else {
    old.replaceWith(document.adoptNode(fresh));
  }
  if (hadFocus) document.getElementById(fresh.id)?.querySelector("a, button, summary")?.focus();
}

function take(words) {
  const fresh = new DOMParser().parseFromString(words, "text/html");
  const state = fresh.getElementById("moving");
  if (!state) return false;
  const list = document.getElementById("documents-list");
  const freshList = fresh.getElementById("documents-list");
  const ids = (of) => [...of.children].map((each) => each.id).join();
  if (ids(list) !== ids(freshList)) replace(list, freshList);
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    if (old && !old.isEqualNode(part)) replace(old, part);
  }
  moving.dataset.seen = state.dataset.seen;
  moving.dataset.final = state.dataset.final;
  return true;
}

async function ask() {
  const address = new URL(moving.dataset.follow, location.href);
  address.searchParams.set("visto", moving.dataset.seen);
  if (!isFinal()) address.searchParams.set("espera", WAIT_S);
  asking = new AbortController();
  const answer = await fetch(address, { cache: "no-store", signal: asking.signal });
  if (answer.status === 204) return false;
  if (answer.redirected || answer.status === 401) return null;
  if (!answer.ok) throw new Error(String(answer.status));
  return take(await answer.text()) ? true : null;
}

async function follow() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", follow, { once: true });
    return;
  }
  const began = performance.now();
  const waits = !isFinal();
  try {
    const isNew = await ask();
    show("lost", false);
    show("ended", isNew === null);
    const hasWaited = waits && performance.now() - began > SLOWEST_MS;
    if (isNew || hasWaited) pause = isFinal() ? IDLE_MS : FIRST_MS;
    // Not news, and not waited for either: as many wait already as may.
    else pause = isFinal() ? Math.min(Math.max(pause, IDLE_MS) * 1.5, IDLEST_MS) : Math.min(pause * 1.3, SLOWEST_MS);
  } catch {
    show("lost", true);
    pause = SLOWEST_MS;
  }
  // A server that takes its time is not asked the sooner, unless that was the time that it was asked to wait.
  const took = waits ? 0 : performance.now() - began;
  setTimeout(follow, Math.max(pause, Math.min(4 * took, 2 * SLOWEST_MS)));
}

// An answer that is waited for would not come, and nothing would say so for a while.
window.addEventListener("offline", () => asking.abort());
setTimeout(follow, pause);
