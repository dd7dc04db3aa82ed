// A button that was pressed says what is being done and is not pressed twice; what somebody typed stays until it is sent.
"use strict";

const pressed = new Map();

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button || !("busy" in button.dataset)) return;
  if (pressed.has(button)) {
    event.preventDefault();
    return;
  }
  pressed.set(button, button.textContent);
  // Once the form has been read: a disabled button would not be sent with it.
  setTimeout(() => {
    button.disabled = true;
    if (button.dataset.busy) button.textContent = button.dataset.busy;
  });
});

// A page that comes back from the browser's memory must be usable again.
window.addEventListener("pageshow", () => {
  for (const [button, label] of pressed) {
    button.disabled = false;
    button.textContent = label;
  }
  pressed.clear();
});

function unfold(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

// Kept for this tab alone: another page of the table, Back or a reload gives it back.
const nameOf = (field) => `${new URL(field.form.action).pathname} ${field.id}`;
const isTyped = (field) => field.id && field.matches("textarea, select, input:not([type=hidden], [type=file], [type=checkbox])");

function give() {
  for (const form of document.querySelectorAll("form[data-keep]")) {
    for (const field of [...form.elements].filter(isTyped)) {
      const kept = sessionStorage.getItem(nameOf(field));
      if (kept === null || kept === field.value) continue;
      field.value = kept;
      unfold(field);
    }
  }
}

document.addEventListener("input", ({ target }) => {
  if (!target.form?.matches("[data-keep]") || !isTyped(target)) return;
  try {
    sessionStorage.setItem(nameOf(target), target.value);
  } catch {
    // A full or forbidden memory loses nothing that is on the page.
  }
});

// Where the address leads into something folded, it is opened, and the keyboard goes along.
function arrive() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  unfold(target);
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

give();
arrive();
window.addEventListener("hashchange", arrive);
document.addEventListener("click", ({ target }) => {
  // The same address once more is no change of it.
  const link = target.closest("a[href*='#']");
  if (link && link.href === location.href) arrive();
});
