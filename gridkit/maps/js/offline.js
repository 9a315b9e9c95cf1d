// Put right after Leaflet on every offline map: icons from the page itself, Chinese words.
(function () {
  'use strict';
  delete L.Icon.Default.prototype._getIconUrl;
  L.Icon.Default.mergeOptions(GK_ICONS);
  var zoom = L.Control.Zoom.prototype.options;
  zoom.zoomInTitle = '放大'; zoom.zoomOutTitle = '缩小';
  L.Control.Attribution.prototype.options.prefix = 'Leaflet';
  L.Control.Scale.prototype.options.imperial = false;
  // Two control texts are written into Leaflet's code.
  var initLayout = L.Control.Layers.prototype._initLayout;
  L.Control.Layers.prototype._initLayout = function () {
    initLayout.call(this);
    this._layersLink.title = '图层';
    this._layersLink.setAttribute('aria-label', '图层');
  };
  var popupLayout = L.Popup.prototype._initLayout;
  L.Popup.prototype._initLayout = function () {
    popupLayout.call(this);
    if (this._closeButton) { this._closeButton.setAttribute('aria-label', '关闭'); }
  };
  // Plugins read their words when they are used, so these are set once all scripts are in.
  document.addEventListener('DOMContentLoaded', function () {
    if (L.Control.FullScreen) {
      L.extend(L.Control.FullScreen.prototype.options, {title: '全屏', titleCancel: '退出全屏'});
    }
  });
})();
