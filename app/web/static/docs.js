// The interactive description of the API. Everything comes from this server.

const place = document.getElementById("swagger");

window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
  onComplete: () => { place.dataset.ready = "1"; },
});
