/* Comfort only: show a password, copy, print. Every page works without it. */
(function () {
  function button(place, label, act) {
    var b = document.createElement("button");
    b.type = "button";
    b.className = "button secondary small";
    b.textContent = label;
    b.onclick = function () { act(b); };
    place.appendChild(b);
  }
  function each(name, act) { document.querySelectorAll("[data-" + name + "]").forEach(function (e) { act(e, e.dataset); }); }
  each("reveal", function (e, words) {
    var field = e.querySelector("input");
    button(e, words.reveal, function (b) {
      var hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      b.textContent = hidden ? words.conceal : words.reveal;
    });
    field.form.addEventListener("submit", function () { field.type = "password"; });
  });
  if (navigator.clipboard) each("copy", function (e, words) {
    button(e.parentNode, words.copy, function (b) {
      navigator.clipboard.writeText(e.innerText).then(function () { b.textContent = words.done; });
    });
  });
  each("print", function (e, words) { button(e.parentNode, words.print, function () { print(); }); });
})();
