// Answers at once what the server would only say after the whole file has travelled, and shows how far the upload is.
"use strict";

const FIRST_MS = 700;
const EVERY_MS = 400;
const STAGES = ["receiving", "reading", "checking", "keeping"];

const form = document.querySelector("form[data-max-megabytes]");
const drop = document.getElementById("drop");
const file = form.elements.workbook;
const button = form.querySelector("button");
const error = document.getElementById("workbook-error");
const sending = document.getElementById("sending");
const stage = document.getElementById("sending-stage");
const bar = sending.querySelector("progress");
const label = button.textContent;
const address = form.action;
let timer;

function check() {
  const chosen = file.files[0];
  const limit = Number(form.dataset.maxMegabytes);
  const isTooLarge = Boolean(chosen) && chosen.size > limit * 1024 * 1024;
  error.textContent = isTooLarge ? `El archivo pesa más de ${limit} MB. Quite imágenes u hojas que no hagan parte del plan.` : "";
  return !isTooLarge;
}

function show(message) {
  // A figure that stays the same need not be read out again.
  if (stage.textContent !== message) stage.textContent = message;
}

async function follow() {
  try {
    const answer = await fetch(form.dataset.progress, { cache: "no-store" });
    if (answer.ok) {
      const progress = await answer.json();
      bar.value = 100 * STAGES.indexOf(progress.stage) + progress.percent;
      show(progress.message);
    }
  } catch {
    // The answer to the upload itself tells whether the connection is lost.
  }
  timer = setTimeout(follow, EVERY_MS);
}

function holdsFiles(event) {
  return Boolean(event.dataTransfer) && [...event.dataTransfer.types].includes("Files");
}

function take(files) {
  if (files.length !== 1) {
    error.textContent = "Llegaron varios archivos: suelte un solo libro a la vez.";
    return;
  }
  file.files = files;
  file.dispatchEvent(new Event("change"));
  button.focus();
}

if (drop) {
  drop.classList.add("can-drop");
  drop.querySelector(".drop-word").hidden = false;
  drop.addEventListener("click", (event) => {
    if (!event.target.closest("input, label")) file.click();
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => drop.classList.toggle("is-over", holdsFiles(event)));
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    if (holdsFiles(event)) take(event.dataTransfer.files);
  });
  // A file that misses the area must not replace the page.
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => {
      if (holdsFiles(event) && event.target !== file) event.preventDefault();
    });
  }
}

file.addEventListener("change", check);
form.addEventListener("submit", (event) => {
  if (!check()) {
    event.preventDefault();
    file.focus();
    return;
  }
  const marked = new URL(address);
  marked.searchParams.set("sending", form.elements.sending.value);
  form.action = marked.href;
  button.disabled = true;
  button.textContent = "Subiendo y revisando…";
  sending.hidden = false;
  show("Enviando el libro…");
  timer = setTimeout(follow, FIRST_MS);
});
// A page that comes back from the browser's memory must be usable again.
window.addEventListener("pageshow", () => {
  clearTimeout(timer);
  button.disabled = false;
  button.textContent = label;
  sending.hidden = true;
  bar.removeAttribute("value");
});
