import { fanfoldApp } from '../lib/fanfold-app.ts';

fanfoldApp().synth();
