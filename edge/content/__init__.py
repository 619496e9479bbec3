"""What a classroom can play without a link: recordings of its own, and those it fetched from its hub."""
