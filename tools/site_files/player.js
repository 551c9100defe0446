
// --- widgets that play states worked out ahead ---
