"use strict";
// Before anything is drawn: the colours that the reader chose the last time, on any of the pages.

const theme = (chosen) => {
  try { // a browser may keep nothing for a page from disk; then the choice holds for this page
    if (chosen) localStorage.setItem("miniflow-theme", chosen);
    else chosen = localStorage.getItem("miniflow-theme");
  } catch { /* as it is */ }
  document.documentElement.dataset.theme = ["light", "dark"].includes(chosen) ? chosen : "auto";
  return document.documentElement.dataset.theme;
};
theme();
