import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/geist/wght.css';
import '@fontsource-variable/geist-mono/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/panels.css';
import './styles/map.css';
import { App } from './app/App.js';
import { Dashboard, DashboardContext } from './app/dashboard.js';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const dashboard = new Dashboard();
dashboard.start();
createRoot(root).render(
  <StrictMode>
    <DashboardContext value={dashboard}>
      <App />
    </DashboardContext>
  </StrictMode>,
);
