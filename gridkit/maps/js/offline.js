// Put right after Leaflet on every offline map: icons from the page itself, Chinese words.
(function () {
  'use strict';
  delete L.Icon.Default.prototype._getIconUrl;
  L.Icon.Default.mergeOptions(GK_ICONS);
  // without tiles Leaflet knows no end of zooming, and clusters and one-point views fail
  L.Map.mergeOptions({maxZoom: 18});
  // tiles from the web stay empty, and the map says so; it would wait for them in vain
  var EMPTY = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
  var REMOTE = /^\s*([a-z]+:)?\/\//i;
  var getTileUrl = {tile: L.TileLayer.prototype.getTileUrl, wms: L.TileLayer.WMS.prototype.getTileUrl};
  L.TileLayer.include({
    getTileUrl: function (at) { return REMOTE.test(this._url) ? EMPTY : getTileUrl.tile.call(this, at); },
    getAttribution: function () {
      return REMOTE.test(this._url) ? '网络底图未载入 (离线) · web tiles left out' : this.options.attribution;
    }
  });
  L.TileLayer.WMS.include({
    getTileUrl: function (at) { return REMOTE.test(this._url) ? EMPTY : getTileUrl.wms.call(this, at); }
  });
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
