"use strict";
// What moves in a page: traces with their two flags, films of steps, guesses. All of it is in the page already.

const each = (selector, work, root = document) => root.querySelectorAll(selector).forEach(work);
const told = (element) => JSON.parse(atob(element.dataset.told));

// --- traces ---

const setFlag = (live, flag, on) => {
  live.querySelector(`[data-flag="${flag}"]`).setAttribute("aria-pressed", on);
  const key = [...live.querySelectorAll("[data-flag]")]
    .map((button) => (button.getAttribute("aria-pressed") === "true" ? "1" : "0")).join("");
  each("[data-flags]", (text) => { text.hidden = text.dataset.flags !== key; }, live);
};

each(".live", (live) => each("[data-flag]", (button) => button.addEventListener("click", () =>
  setFlag(live, button.dataset.flag, button.getAttribute("aria-pressed") !== "true")), live));

each(".toggles [data-flag]", (button) => button.addEventListener("click", () => {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", on);
  each(".live", (live) => setFlag(live, button.dataset.flag, on));
}));

// --- films ---

each(".film", (film) => {
  const frames = [...film.querySelectorAll(".frame")];
  const find = (name) => film.querySelector(`[data-do="${name}"]`);
  const [back, play, next, slider, at] = ["back", "play", "next", "slider", "at"].map(find);
  const last = frames.length - 1;
  let timer = null;

  const show = (number) => {
    frames.forEach((frame, n) => { frame.hidden = n !== number; });
    slider.value = number;
    slider.setAttribute("aria-valuetext", `step ${number} of ${last}`);
    at.textContent = `${number} of ${last}`;
    back.disabled = number === 0;
    next.disabled = number === last;
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ play";
  };
  const step = (by) => {
    stop();
    show(Math.min(last, Math.max(0, Number(slider.value) + by)));
  };
  back.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  slider.addEventListener("input", () => step(0));
  play.addEventListener("click", () => {
    if (timer !== null) { stop(); return; }
    if (Number(slider.value) === last) show(0);
    play.textContent = "⏸ pause";
    timer = setInterval(() => {
      show(Number(slider.value) + 1);
      if (Number(slider.value) === last) stop();
    }, 1500);
  });
  step(0);
  film.querySelector(".controls").hidden = false;
});

// --- guesses ---

const READ = {
  amount: (text) => {
    const plain = text.replace(/\s/g, "").replace(/[\u2212\u2013]/g, "-");
    const parts = plain.replaceAll(",", ".").split("/");
    const thousands = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/, number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
    if (thousands.test(plain) || parts.length > 2 || !parts.every((part) => number.test(part))) return null;
    const [top, bottom] = [...parts.map(Number), 1];
    return Number.isFinite(top / bottom) ? top / bottom : null;
  },
  choice: (text) => text || null,
  row: (text, task) => {
    const bare = text.replace(/^[ ()[\]\t,]+|[ ()[\]\t,]+$/g, "");
    const parts = bare.split(/[\s,;]+|->|→/).filter((part) => part);
    const names = task.options;
    if (!names.length) return parts.length ? parts : null;
    const small = names.map((name) => name.toLowerCase());
    const same = new Set(small).size === small.length
      ? parts.map((part) => names[small.indexOf(part.toLowerCase())] ?? part) : parts;
    return JSON.stringify([...same].sort()) === JSON.stringify([...names].sort()) ? same : null;
  },
};
const SAME = {
  amount: (a, b, task) => Math.abs(a - b) <= task.tolerance + 1e-9 * Math.abs(b),
  choice: (a, b) => a === String(b),
  row: (a, b, task) => {
    const plain = (parts) => parts.map((part) => (task.options.length ? part : String(part).toLowerCase()));
    return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
  },
};
const SHOW = {
  amount: (guess) => String(Number(guess.toPrecision(9))),
  choice: (guess) => guess,
  row: (guess) => guess.join(", "),
};

each(".predict", (form) => {
  const task = told(form), kind = task.field, button = form.querySelector("button");
  const reply = form.querySelector(".reply");
  const guesses = [];
  const entered = () => form.querySelector(kind === "choice" ? "input:checked" : "input")?.value ?? "";
  const lines = (...all) => all.filter((html) => html).map((html) =>
    Object.assign(document.createElement("p"), { innerHTML: html }));
  form.addEventListener("input", () => {
    const unchanged = guesses.length > 0 && JSON.stringify(READ[kind](entered(), task)) === JSON.stringify(guesses[0]);
    button.disabled = !entered().trim() || unchanged;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.disabled) return;
    const guess = READ[kind](entered(), task);
    reply.querySelector(".unread")?.remove();
    if (guess === null) {
      const [unread] = lines(task.unread);
      unread.className = "unread";
      reply.append(unread);
      return;
    }
    guesses.push(guess);
    const right = SAME[kind](guess, task.answer, task), done = right || guesses.length === task.tries;
    each(done ? "input, button" : "button", (field) => { field.disabled = true; }, form);
    button.textContent = done ? "show" : "try again";
    form.querySelector(".note").hidden = true;
    const known = right ? undefined : task.wrong.find(([other]) => SAME[kind](guess, other, task))?.[1];
    const first = document.createElement("p");
    first.textContent = [
      `Your guess${guesses.length > 1 ? "es" : ""}: ${guesses.map(SHOW[kind]).join(", then ")}`,
      ...(done ? [`the answer: ${task.shown}`] : []), right ? "right." : "not right.",
    ].join(" · ");
    reply.replaceChildren(first, ...(done
      ? lines(known, task.because, task.more && "The notebook shows what it draws.")
      : lines(known ?? task.hint)));
    if (done) form.dispatchEvent(new Event("answered"));
    else form.querySelector("input[type=text]")?.focus();
  });
});

each(".quiz", (question) => question.addEventListener("change", (event) => {
  question.querySelector(".reply").innerHTML = told(question)[event.target.value];
}));

// --- what follows a prediction waits for it, to the end of its section; a link and a search still find it ---

const said = document.getElementById("said");

[...document.querySelectorAll("main > .predict")].reverse().forEach((form, number) => {
  const after = Object.assign(document.createElement("div"), { className: "after", id: `after-${number}`, tabIndex: -1 });
  while (form.nextElementSibling && !form.nextElementSibling.matches("h2, .neighbours")) after.append(form.nextElementSibling);
  if (!after.childElementCount) return;
  const more = Object.assign(document.createElement("div"), { className: "more" });
  const anyway = Object.assign(document.createElement("button"), { type: "button", textContent: "show anyway" });
  anyway.setAttribute("aria-expanded", "false");
  anyway.setAttribute("aria-controls", after.id);
  more.append("The section goes on when you have answered.", anyway);
  form.after(more, after);
  after.hidden = "until-found";
  const open = () => {
    after.hidden = false;
    more.remove();
  };
  after.addEventListener("beforematch", open);
  form.addEventListener("answered", open);
  anyway.addEventListener("click", () => {
    open();
    after.focus();
  });
});

// For a browser that does not open what a link leads to.
const reach = () => {
  let named = "";
  try { named = decodeURIComponent(location.hash.slice(1)); } catch { return; } // a link that was cut off
  const goal = document.getElementById(named);
  if (!goal?.closest(".after[hidden]")) return;
  for (let around = goal; (around = around.parentElement.closest(".after"));) around.dispatchEvent(new Event("beforematch"));
  goal.scrollIntoView();
};
addEventListener("hashchange", reach);
reach();

// --- code is copied with its imports ---

each(".source", (source) => {
  const copy = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "copy" });
  const tell = (words) => {
    said.textContent = copy.textContent = words;
    copy.classList.add("done");
    setTimeout(() => {
      copy.textContent = "copy";
      copy.classList.remove("done");
    }, 2000);
  };
  const codes = [...source.querySelectorAll("pre")];
  // A browser may refuse a page from disk: then the old way, through a field that is selected.
  const byHand = (text) => {
    const field = Object.assign(document.createElement("textarea"), { value: text, className: "hide" });
    copy.after(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    copy.focus();
    return done;
  };
  copy.addEventListener("click", async () => {
    const text = codes.map((code) => code.textContent).join("\n\n");
    let done = true;
    try { await navigator.clipboard.writeText(text); } catch { done = byHand(text); }
    tell(done ? "copied" : "not copied: your browser refuses");
  });
  source.append(copy);
});

// --- the colours ---

each(".theme", (choice) => {
  choice.value = document.documentElement.dataset.theme;
  choice.hidden = false;
  choice.addEventListener("change", () => theme(choice.value));
});

// --- the table of contents stands open where there is room beside the text, and says where one is ---

const roomy = matchMedia("(min-width: 1000px)");
const open = () => each(".toc", (toc) => { toc.open = roomy.matches; });
roomy.addEventListener("change", open);
open();

const entries = [...document.querySelectorAll(".toc a")];
const headings = entries.map((entry) => document.getElementById(entry.hash.slice(1)));
const mark = () => {
  const at = headings.findLastIndex((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
  entries.forEach((entry, number) => {
    if (number === at) entry.setAttribute("aria-current", "true");
    else entry.removeAttribute("aria-current");
  });
};
// All above the page counts, too: a heading that a jump takes from below to above would not be told of.
const watch = new IntersectionObserver(mark, { rootMargin: "1000000px 0px -66% 0px" });
headings.forEach((heading) => watch.observe(heading));
