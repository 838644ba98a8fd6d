# One image for every service; the command says which. See docker-compose.yml.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc .swcrc ./
COPY libs/streaming-core/package.json libs/streaming-core/
COPY libs/ride-domain/package.json libs/ride-domain/
COPY libs/platform/package.json libs/platform/
COPY apps/rider-app-sim/package.json apps/rider-app-sim/
COPY apps/dispatch/package.json apps/dispatch/
COPY apps/dispatch/web/package.json apps/dispatch/web/
COPY apps/analytics/package.json apps/analytics/
COPY apps/notifications/package.json apps/notifications/
COPY apps/launcher/package.json apps/launcher/
COPY libs/streaming-core/bin libs/streaming-core/bin
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 LOG_FORMAT=json
COPY --from=build --chown=node:node /app /app
USER node
STOPSIGNAL SIGTERM
CMD ["node", "apps/dispatch/dist/main.js"]
