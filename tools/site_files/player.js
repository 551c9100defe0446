
// --- widgets that play states worked out ahead: miniflow_classroom/widgets/states.py says what they are told ---

const unpacked = (element) => {
  const bytes = Uint8Array.from(atob(element.dataset.states), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
};
const make = (tag, traits = {}, ...inside) => {
  const made = Object.assign(document.createElement(tag), traits);
  made.append(...inside);
  return made;
};
const plain = (text) => new Option(text).innerHTML;

// Puts in only what differs: a picture stays where it was scrolled, and what is read aloud is heard.
const update = (old, fresh) => {
  const [olds, news] = [old, fresh].map((parent) => [...parent.childNodes]);
  const alike = olds.length === news.length
    && olds.every((child, n) => child.cloneNode().isEqualNode(news[n].cloneNode()));
  if (alike) olds.forEach((child, n) => update(child, news[n]));
  else old.replaceChildren(...news);
};

// A button that cannot be pressed for now keeps the keyboard's place.
const pressed = (label, press) => {
  const button = make("button", { type: "button", textContent: label });
  button.addEventListener("click", () => { if (button.ariaDisabled !== "true") press(); });
  return button;
};

const FIELD = {
  list: ({ options }) => make("select", {}, ...options.map((text, at) => new Option(text, at))),
  slider: ({ options }) => make("input", { type: "range", min: 0, max: options.length - 1 }),
  entry: ({ box: [left, top, width] }) => {
    const field = make("input", { type: "text", placeholder: "?", autocomplete: "off" });
    return Object.assign(field, { style: `left: ${left}px; top: ${top}px; width: ${width}px` });
  },
};

// Which of the known answers was entered.
const judged = ({ rules }, text) => {
  const guess = READ.amount(text);
  if (guess === null) return text && "unread";
  const at = rules.findIndex(([value, tolerance]) => Math.abs(guess - value) <= tolerance);
  return at < 0 ? "other" : at;
};

let panels = 0;

// The elements of one panel. then: opens the next one; next: goes to the next case, null where there is none.
const panelOf = ({ views, areas, controls = [], moves = [], choices = [], done = [], ...told }, pieces, then, next) => {
  const values = controls.map((control) => control.at), entered = [];
  let past = [], by = "";  // the moves so far, and the last one where their order does not matter

  const key = (made = past, way = by) => [
    values.join(" "), (told.sorted ? [...made].sort() : made).join(" "), told.sorted ? way : "",
  ].join("|");
  const after = (move) => [[[...past, move], `+${move}`], ...(told.sorted ? [[past, `?${move}`]] : [])]
    .find(([made, way]) => views.some((view) => !view.of && key(made, way) in view.states));
  const filled = (html, view) => html.replace(/[\ue000-\uf8ff]/g, (slot) => {
    if (view.of) return plain(entered[view.of[0]]);
    if (slot !== "\uf8ff") return past.indexOf(slot) + 1;
    return plain(past.map((name) => moves.find((move) => move.name === name).label).join(", "));
  });
  const shown = (view) => {
    const at = view.of ? view.of.map((n) => values[n]).join(" ") : key();
    return filled((view.states[at] ?? []).map((piece) => pieces[piece]).join(""), view);
  };

  const places = areas.map((role) => make("div", role ? { role, className: "says" } : { className: "shown" }));
  const fields = controls.map((control) => Object.assign(FIELD[control.kind](control), { ariaLabel: control.label }));
  const outs = controls.map(() => make("output"));
  const deeds = {
    back: [() => past.length, () => go(past.slice(0, -1), `-${past.at(-1)}`)],
    again: [() => true, () => { controls.forEach((control, n) => { values[n] = control.at; }); go([], ""); }],
    next: [() => next, () => next()],
  };
  const deed = (move) => deeds[move.do] ?? [() => after(move.name), () => go(...after(move.name))];
  const buttons = moves.map((move) => pressed(move.label, deed(move)[1]));
  const name = `panel-${panels += 1}`;
  const radios = choices.map((_, value) => make("input", { type: "radio", name, value }));
  const chosen = () => radios.find((radio) => radio.checked)?.value;
  const answer = pressed("Answer", () => {
    go(...after(chosen()));
    if (done.includes(key())) then();
  });

  const show = () => {
    places.forEach((place, n) => {
      const html = views.filter((view) => view.area === n).map(shown).join("");
      update(place, make("div", { innerHTML: html }));
      place.tabIndex = place.querySelector("svg, img, table, pre") ? 0 : -1;  // what may scroll
    });
    controls.forEach(({ kind, options }, n) => {
      if (kind === "entry") return;
      const at = fields[n].value = told.at?.[key()] ?? values[n];
      if (kind === "slider") fields[n].ariaValueText = outs[n].textContent = options[at];
    });
    buttons.forEach((button, n) => { button.ariaDisabled = String(!deed(moves[n])[0]()); });
    radios.forEach((radio) => { radio.disabled = done.includes(key()); });
    answer.ariaDisabled = String(radios.some((radio) => radio.disabled) || !chosen() || !after(chosen()));
  };
  const go = (made, way) => { [past, by] = [made, way]; show(); };

  fields.forEach((field, n) => field.addEventListener(controls[n].kind === "entry" ? "change" : "input", () => {
    entered[n] = field.value.trim();
    values[n] = controls[n].kind === "entry" ? judged(controls[n], entered[n]) : Number(field.value);
    go([], "");
  }));
  radios.forEach((radio) => radio.addEventListener("change", show));

  const row = (...inside) => (inside.length ? [make("div", { className: "row" }, ...inside)] : []);
  const [first, ...rest] = places, overlaid = controls.some(({ kind }) => kind === "entry");
  const knobs = controls.map(({ label, readout }, n) =>
    make("label", { className: "knob" }, `${label} `, fields[n], ...(readout ? [outs[n]] : [])));
  const labels = radios.map((radio, n) => make("label", { className: "choice" }, radio, ` ${choices[n]}`));
  const asked = labels.length
    ? [make("fieldset", { className: told.look ?? "", tabIndex: told.look ? 0 : -1 }, make("legend", { className: "hide", textContent: "Your answer" }), ...labels), ...row(answer)] : [];
  const upper = overlaid
    ? [make("div", { className: "sheet" }, make("div", {}, first, ...fields))]
    : controls.length ? [...row(...knobs), ...row(...buttons), first] : [first, ...asked, ...row(...buttons)];
  const note = told.note ? [make("p", { className: "note", textContent: told.note })] : [];
  show();
  return [...upper, ...rest, ...note];
};

each(".player", async (box) => {
  const { cases, pieces, pick } = await unpacked(box);
  const rooms = [], stage = make("div");
  let at = 0;
  const open = (place) => {
    at = place;
    const opened = (n) => {
      if (n < cases[at].panels.length) rooms[at].append(...panelOf(cases[at].panels[n], pieces, () => opened(n + 1), next));
    };
    const next = at + 1 < cases.length ? () => {
      open(at + 1);
      stage.querySelector("button").focus();
    } : null;
    if (!rooms[at]) {
      rooms[at] = make("div", { className: "panels" });
      opened(0);
    }
    stage.replaceChildren(rooms[at]);
  };
  open(0);
  const list = make("select", {}, ...cases.map((one, n) => new Option(one.name, n)));
  list.addEventListener("change", () => open(Number(list.value)));
  const found = pick ? [make("label", { className: "knob" }, `${pick} `, list)] : [];
  box.append(make("div", { className: "played" }, ...found, stage));
  box.classList.add("plays");
});
