// Put before leaflet-measure: its five templates filled in without making code of them, which the page's policy refuses.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var IF = /<% if \(model\.pointCount > (\d+)\) { %>([\s\S]*?)<% } %>/g;
  var VALUE = /{{ (numberFormat\()?model\.([\w.]+)(?:, 6\))? }}/g;  // degrees with six places, or a text

  gk.template = function (text) {
    return function (data) {
      return text.replace(IF, function (all, least, inside) { return data.model.pointCount > +least ? inside : ''; })
        .replace(VALUE, function (all, degrees, path) {
          var value = path.split('.').reduce(function (of, key) { return of[key]; }, data.model);
          return degrees ? value.toFixed(6) : value;
        });
    };
  };
  // while someone measures, a click on a disc or a mark is a point like any other
  L.Map.addInitHook(function () {
    this.on('measurestart', function () { this.getContainer().classList.add('gk-measuring'); });
    this.on('measurefinish', function () { this.getContainer().classList.remove('gk-measuring'); });
  });
})();
