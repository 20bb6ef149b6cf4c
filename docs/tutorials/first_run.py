"""A first run: the notebook first-run.ipynb as a script (without a ``__main__`` guard)."""

# %% [markdown]
# # A first run
#
# A run is one network that is trained, labelled and tested, in a process of its own. What you hold in Python is a
# handle: ask the run for things, read what is known of it, leave it alone. This takes about half a minute, a
# compilation included.

# %%
import stdpbench

tiny = {
    "network.n_exc": 12,
    "schedule.train_images": 100,
    "schedule.passes": 2,
    "schedule.label_images": 60,
    "schedule.test_images": 40,
}
run = stdpbench.start("digits", set=tiny, seed=1, baselines=False)
print(run)

# %% [markdown]
# ## Watch and pause
#
# A pause takes effect between two presentations. While the run stands, it can take single steps.

# %%
run.pause()
run.step(60)
print(run.position, run.weights.shape, f"{1000 * run.theta.mean():.1f} mV")

# %%
axes = run.plot_weights()

# %% [markdown]
# ## Change something, with a control
#
# A branch goes on from here as it is. It sees the same pictures and the same input spikes as this run, so whatever
# comes out differently is due to what is changed now: the learning rate of output spikes, from the next presentation
# on, without recompiling.

# %%
control = run.branch()
print(run.set({"plasticity.nu_post": 0.05}))
run.resume()

# %%
run.wait()

# %%
control.wait()

# %% [markdown]
# ## Compare
#
# Running accuracy labels the neurons by some training pictures and tests them on the next, while the network learns
# on. It says how training goes; what the network is worth stands in `metrics`, measured on test pictures.

# %%
axes = run.plot_accuracy(readout="vote", label="nu_post = 0.05")
axes = control.plot_accuracy(axes, readout="vote", label="control")

# %%
print(run.metrics["vote"])
print(control.metrics["vote"])
print(run.changes)

# %% [markdown]
# ## Later
#
# All of it lies in the run folder, and any session may open it again: `stdpbench.open_run(path)`, `stdpbench.runs()`.

# %%
again = stdpbench.open_run(run.path)
print(again.log[-1].text)
stdpbench.runs()
